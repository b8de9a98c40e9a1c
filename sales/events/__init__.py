"""What happens in sales; importing a module declares its events."""
