"""The kinds of news that sales makes; importing a module declares them."""
