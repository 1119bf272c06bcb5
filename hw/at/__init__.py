"""AT commands: grammar, sans-IO protocol, typed commands, one-in-flight channel."""
