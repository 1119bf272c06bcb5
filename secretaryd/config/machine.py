"""What a setting needs of this machine. Looked at when it is set, not at every start: a program that was removed later
must not make the whole configuration invalid; then an alert tells."""

from collections.abc import Callable
from typing import Final

from secretaryd.config.schema import Config
from storage.audio.mp3 import PROGRAM, encoder

Need = tuple[str, Callable[[Config], bool], str]
NEEDS: Final[tuple[Need, ...]] = (
    (
        "keep.format",
        lambda config: config.keep.format != "mp3" or encoder() is not None,
        f'"mp3" needs the program {PROGRAM}, which is not installed: sudo apt install {PROGRAM}',
    ),
)


def lacking(config: Config, key: str) -> list[str]:
    """What is missing for the value of `key`."""
    return [f"{key}: {text}" for each, met, text in NEEDS if each == key and not met(config)]
