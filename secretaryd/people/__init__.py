"""Who calls: the directory of contacts, what happens to their calls, and their files (CSV, vCard)."""
