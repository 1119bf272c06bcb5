"""The disk: database, recordings. Knows nobody."""
