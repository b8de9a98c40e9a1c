"""The forms of sales: they validate, services save."""
