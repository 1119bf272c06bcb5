"""Taking over what the predecessor kept in JSON files."""
