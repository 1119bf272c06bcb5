"""Finding the box from the command line, and saying in words when it cannot be found."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from secretaryd.config.load import DEFAULT_PATH, PATH_VARIABLE, PREFIX, ConfigError, load
from secretaryd.config.schema import Config
from secretaryd.control.client import ControlClient, NotRunning, RequestRefused
from secretaryd.control.protocol import Piece, Request

SOCKET_VARIABLE: Final = f"{PREFIX}CONTROL__SOCKET"
LOCAL_RUN: Final = Path(".run/control.sock")
"""Where `make run` and `make demo` put the socket: found from the project's folder without any option."""


class CommandFailed(Exception):
    """A command could not do its work: words for people, and the exit code."""

    def __init__(self, text: str, remedy: str = "", code: int = 3) -> None:
        super().__init__(text)
        self.remedy = remedy
        self.code = code


@dataclass(frozen=True, slots=True)
class Door:
    """The control socket that this command talks to."""

    socket: Path

    def ask(self, request: Request) -> Any:
        """The answer. Raises CommandFailed."""
        try:
            return ControlClient(self.socket).ask(request)
        except NotRunning as error:
            raise CommandFailed(*not_running(self.socket)) from error
        except RequestRefused as error:
            raise CommandFailed(error.problem.text, error.problem.remedy, 1) from error

    def stream(self, request: Request) -> Iterator[Piece]:
        """The pieces of an answer as they come. Raises CommandFailed."""
        try:
            yield from ControlClient(self.socket).stream(request)
        except NotRunning as error:
            raise CommandFailed(*not_running(self.socket)) from error
        except RequestRefused as error:
            raise CommandFailed(error.problem.text, error.problem.remedy, 1) from error

    @property
    def simulator(self) -> Path:
        """The simulator's own socket, where one runs beside the box."""
        return self.socket.parent / "simulator" / "simulator.sock"


def configuration(given: Path | None) -> Config:
    """The configuration, or CommandFailed with every error."""
    try:
        return load(given)
    except ConfigError as error:
        raise CommandFailed("The configuration cannot be used:\n  " + "\n  ".join(error.errors), code=2) from error


def find(config: Path | None, socket: Path | None) -> Door:
    """--socket, else the configured one, else that of a box started from this folder."""
    if socket is not None:
        return Door(socket)
    configured = configuration(config).control.socket
    named = config is not None or bool({PATH_VARIABLE, SOCKET_VARIABLE} & os.environ.keys()) or DEFAULT_PATH.exists()
    if not named and not configured.exists() and LOCAL_RUN.exists():
        return Door(LOCAL_RUN.absolute())
    return Door(configured)


def as_run_here(config: Config, door: Door) -> Config:
    """The configuration of a box that `make run` started from this folder: where its things lie is in its environment,
    not in ours."""
    if door.socket != LOCAL_RUN.absolute():
        return config
    box = replace(config.box, data_dir=door.socket.parent / "data")
    return replace(config, box=box, control=replace(config.control, socket=door.socket))


def not_running(socket: Path) -> tuple[str, str]:
    """What is wrong, and what to type."""
    if socket.exists() and not os.access(socket, os.R_OK | os.W_OK):
        remedy = "sudo adduser $USER secretary-console, then sign in anew; or put sudo before the command"
        return f"you may not talk to secretaryd ({socket})", remedy
    remedy = "sudo systemctl start secretaryd" if Path("/run/systemd/system").exists() else "make run SIMULATE=1"
    return f"secretaryd is not running (nobody answers at {socket})", remedy
