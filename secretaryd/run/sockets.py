"""The folder where the processes of the box meet."""

import os

from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart


def prepare_sockets(config: Config) -> None:
    """Makes the folder of the sockets. Raises CannotStart with what to set where that may not be."""
    folder = config.runtime_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{folder}: {error.strerror}; set control.socket to a path you may write to") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(f"{folder}: may not be written to; set control.socket to a path you may write to")
