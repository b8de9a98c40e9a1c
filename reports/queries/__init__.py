"""What reports read: aggregates over the records their reader sees."""
