"""What can go wrong with the disk."""


class StorageError(Exception):
    """Root of everything that `storage` raises: an English sentence with its values apart, so that who tells it to
    people can put it in their language. `why` among them is a reason from outside of ours, told in its own words."""

    def __init__(self, sentence: str = "", /, **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


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


def reason_of(error: BaseException) -> str:
    """The system's or a library's words for what happened, without a number and a file's name."""
    if isinstance(error, StorageError):
        return str(error.values.get("why", error))
    return getattr(error, "strerror", None) or str(error)
