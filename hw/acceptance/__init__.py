"""Twenty calls and messages with a person's help: what a true modem does, and what the driver makes of it."""
