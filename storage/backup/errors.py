"""What can go wrong with a backup."""

from storage.errors import StorageError


class BackupError(StorageError):
    """Root: the backup or the restore was not done; nothing was changed."""


class BadArchive(BackupError):
    """It is no backup of ours, or it is damaged, or it lies."""


class WrongKey(BackupError):
    """None of the keys at hand opens it."""


class Busy(BackupError):
    """A backup or a restore is under way already."""


class NoRoom(BackupError):
    """There is not enough free space; nothing was begun."""


class TooNew(BackupError):
    """It was made by a newer version of the box."""
