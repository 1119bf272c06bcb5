"""Configuration: a frozen tree, its layers, and errors that come all at once."""
