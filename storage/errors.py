"""What can go wrong with the disk."""


class StorageError(Exception):
    """Root of everything that `storage` raises."""


class AlreadyRunning(StorageError):
    """Another instance holds this data directory."""


class DiskFull(StorageError):
    """No space left; what was acknowledged before is kept."""


class SchemaTooNew(StorageError):
    """The database was written by a newer version of the box."""


class DatabaseDamaged(StorageError):
    """The file is not a sound database."""


class NotFound(StorageError):
    """No such row."""


class WrongState(StorageError):
    """The row is not in a state that allows this: a call that is over cannot be answered or ended again."""
