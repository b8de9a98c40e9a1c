"""What people type into the console's pages; forms check, services write."""
