"""What can go wrong with model files, where the one who asked acts differently upon it."""

from voice.errors import ModelFileError


class DownloadError(ModelFileError):
    """The network or the server failed; what has arrived is kept, and asking again goes on from there."""


class ChecksumMismatch(DownloadError):
    """All bytes arrived, and they are not what the source publishes. The partial file is gone."""


class NotEnoughRoom(ModelFileError):
    """Too little disk or memory. Memory can be overruled (`force`), disk cannot."""


class ModelInUse(ModelFileError):
    """The configuration names this model; switch to another one first."""
