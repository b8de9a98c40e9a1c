"""The pages of sales: parse, ask the one place, call one service, answer."""
