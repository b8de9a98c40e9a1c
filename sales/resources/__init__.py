"""What can be imported into sales, one module per kind of record."""
