"""Temperature and power of a Raspberry Pi. What a machine does not tell is None; facts are drawn from it purely."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

THROTTLED: Final = (
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled",  # Raspberry Pi 5
)
"""The firmware's bits, as `vcgencmd get_throttled` shows them, for those who may not talk to the firmware."""
UNDER_VOLTAGE, CAPPED, SLOWED, SOFT_LIMIT = 0, 1, 2, 3
SINCE_START: Final = 16
"""The same bits, so much higher: it has happened since the machine was switched on."""
HOT_CELSIUS: Final = 80.0
"""The firmware begins to slow the processor at 80 °C and does so hard at 85."""


@dataclass(frozen=True, slots=True)
class BoardReading:
    """One look."""

    celsius: float | None = None
    throttled: int | None = None


@dataclass(frozen=True, slots=True)
class BoardFact:
    """An alert's code, and the figure in it."""

    code: str
    detail: str = ""


def board_facts(reading: BoardReading) -> tuple[BoardFact, ...]:
    """What the owner should be told. Pure."""
    found = []
    bits = reading.throttled or 0
    if bits >> UNDER_VOLTAGE & 1:
        found.append(BoardFact("board.under_voltage"))
    elif bits >> (UNDER_VOLTAGE + SINCE_START) & 1:
        found.append(BoardFact("board.was_under_voltage"))
    if reading.celsius is not None and reading.celsius >= HOT_CELSIUS:
        found.append(BoardFact("board.hot", f"{reading.celsius:.0f} °C"))
    elif any(bits >> bit & 1 for bit in (CAPPED, SLOWED, SOFT_LIMIT)):
        found.append(BoardFact("board.slowed"))
    return tuple(found)


class BoardSensors:
    """`root` is / but for tests."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def read(self) -> BoardReading:
        """A look; never raises."""
        return BoardReading(self.celsius(), self.throttled())

    def celsius(self) -> float | None:
        """Of the hottest zone."""
        zones = sorted(self._root.glob("sys/class/thermal/thermal_zone*/temp"))
        readings = [int(text) / 1000 for zone in zones if (text := _text(zone)).lstrip("-").isdecimal()]
        return max(readings, default=None)

    def throttled(self) -> int | None:
        """The firmware's bits."""
        for name in THROTTLED:
            try:
                return int(_text(self._root / name), 16)
            except ValueError:
                continue
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""
