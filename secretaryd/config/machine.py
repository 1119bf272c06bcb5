"""What a setting needs of this machine. Looked at when it is set, not at every start: a program that was removed later
must not make the whole configuration invalid; then an alert tells."""

from collections.abc import Callable
from typing import Final

from secretaryd.config.schema import Config
from secretaryd.reasons import Reason
from storage.audio.mp3 import PROGRAM, encoder

Need = tuple[str, Callable[[Config], bool], Reason]
NEEDS: Final[tuple[Need, ...]] = (
    (
        "keep.format",
        lambda config: config.keep.format != "mp3" or encoder() is not None,
        Reason("program", value="mp3", program=PROGRAM),
    ),
)


def lacking(config: Config, key: str) -> list[Reason]:
    """What is missing for the value of `key`."""
    return [reason.at(key) for each, met, reason in NEEDS if each == key and not met(config)]
