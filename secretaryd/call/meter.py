"""How loud a call is, for whoever looks at it now."""

from typing import Final

from hw.audio.pcm import level_dbfs
from secretaryd.bus import Bus
from secretaryd.control.protocol import LevelsMeasured

FRAMES: Final = 10
"""A fifth of a second: as often as an eye follows, at a thousandth of a core."""


class Meter:
    """One call's, on the loop. Costs nothing while nobody listens."""

    def __init__(self, call: int, bus: Bus) -> None:
        self._call, self._bus = call, bus
        self._heard: list[bytes] = []
        self._said: list[bytes] = []

    def frame(self, heard: bytes, said: bytes) -> None:
        """20 ms of both directions."""
        if not self._bus.levels_wanted:
            return
        self._heard.append(heard)
        self._said.append(said)
        if len(self._heard) < FRAMES:
            return
        self._bus.pass_by(LevelsMeasured(call=self._call, heard=_level(self._heard), said=_level(self._said)))
        self._heard.clear()
        self._said.clear()


def _level(frames: list[bytes]) -> float:
    return round(level_dbfs(b"".join(frames)), 1)
