"""The lists of sales, one module for each kind of record."""
