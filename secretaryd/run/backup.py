"""Backups and restores as the core runs them."""

from storage.store import Storage


def start_code(storage: Storage) -> str:
    """The alert for what the last start had to do with the database."""
    if not storage.damaged:
        return "database.restored"
    return "database.fallback" if storage.restored else "database.damaged"
