"""The arithmetic of selling: pure functions without database or clock, so that every number can be tested."""
