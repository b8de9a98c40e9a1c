"""The pages of single records of sales, declared like their lists."""
