"""How callers ask about a topic: one table a language."""
