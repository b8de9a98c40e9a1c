"""What is read of customer accounts."""
