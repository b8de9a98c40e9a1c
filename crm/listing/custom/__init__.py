"""Custom fields wherever records are listed, entered or exchanged: every door reads the same definitions.

lists      the columns, filters and orders a list page gains
columns    their cells
filters    what a list can be narrowed by
forms      their inputs
rest       the `custom` object of API resources
importing  their columns in spreadsheets
"""
