"""What passes between the core and the process that does its jobs with models: two small files. An order lies where a
unit of systemd's waits for it, since the core itself may not reach the internet; the state lies beside the models."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

ORDER: Final = "models-order"
STATE: Final = ".job.json"
STOP: Final = ".job.stop"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A job. `models` is the folder of the models."""

    id: str
    do: str
    models: str
    names: tuple[str, ...] = ()
    source: str = ""
    force: bool = False
    again: bool = False


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `state`: "running", "done", "failed" or "stopped"."""

    id: str
    state: str
    file: str = ""
    received: int = 0
    total: int = 0
    result: dict[str, Any] = {}
    reason: str = ""


def put(path: Path, message: Order | State) -> None:
    """Whole or not at all. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(message))
    new.replace(path)


def read_order(path: Path) -> Order:
    """Raises OSError, ValueError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error


def read_state(path: Path) -> State | None:
    """None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
