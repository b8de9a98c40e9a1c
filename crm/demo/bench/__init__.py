"""The benchmarks behind `bin/bench`: each figure beside a yardstick measured in the same run.

company      half a thousand salespeople in three levels of teams, and as many customers as wanted
figures      what one measurement says, and how it is measured
lists        the customer list against the plain owner-column query and a bare page
fields       the same list by custom fields against built-in columns
record       a record with a long timeline against the same with a short one
board        the board with 10,000 open cards against the bare statements it is made of
duplicates   the check of a new customer, the scan of the whole base, a merge
imports      an import and an export against django-import-export's own way
pool         leads assigned and recycled by the thousand, claims by many hands at once
reports      open pipeline and forecast over a million deals against the bare aggregates
weight       what a first visit and a change of the list send over the wire
"""
