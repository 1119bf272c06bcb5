"""What every command is given: where to print, which box to ask, how to answer."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from secretaryd.cli.door import Door, configuration, find
from secretaryd.config.schema import Config

Command = Callable[..., argparse.ArgumentParser]
"""(name, words, group=None) -> parser: adds a command."""


@dataclass(frozen=True, slots=True)
class Context:
    """One run of a command."""

    console: Console
    errors: Console
    config_file: Path | None
    socket: Path | None
    as_json: bool

    @property
    def config(self) -> Config:
        """The configuration. Raises CommandFailed."""
        return configuration(self.config_file)

    @property
    def door(self) -> Door:
        """The box. Raises CommandFailed only for a bad configuration; whether anybody answers shows at the question."""
        return find(self.config_file, self.socket)

    def answer(self, plain: Any, show: Callable[[Any], None]) -> int:
        """Prints plain data as JSON, or lets `show` print it for people."""
        if self.as_json:
            print(json.dumps(plain, ensure_ascii=False, indent=2))
        else:
            show(plain)
        return 0


def local_time(at: float | None) -> str:
    """UTC epoch seconds in this machine's zone."""
    return datetime.fromtimestamp(at).astimezone().strftime("%d.%m.%Y %H:%M:%S") if at else ""
