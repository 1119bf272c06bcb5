"""One page of the console a module."""
