"""Pages of customer accounts: they parse, ask for access, call one service and answer."""
