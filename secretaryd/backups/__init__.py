"""Backups as the running box makes them: nightly, when asked, and never in the way of a call."""
