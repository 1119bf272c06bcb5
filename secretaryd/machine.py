"""The machine under the box: processor, memory, temperature. What it does not tell is None."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hw.board.sensors import BoardSensors

IDLE_FIELDS: Final = (3, 4)
"""idle and iowait in the first line of /proc/stat (proc(5)), counted after the word "cpu"."""
KIB: Final = 1024


@dataclass(slots=True)
class Machine:
    """`root` is / but for tests. The processor's share is of the time since the look before."""

    root: Path = Path("/")
    _before: tuple[int, int] | None = field(default=None)

    def look(self) -> dict[str, float | int | None]:
        """cpu_percent (None at the first look), memory_bytes, memory_free_bytes, temperature_c."""
        memory = memory_bytes(self.root)
        return {
            "cpu_percent": self._processor(),
            "memory_bytes": memory.get("MemTotal"),
            "memory_free_bytes": memory.get("MemAvailable"),
            "temperature_c": BoardSensors(self.root).celsius(),
        }

    def _processor(self) -> float | None:
        fields = self._text("proc/stat").partition("\n")[0].split()[1:]
        if len(fields) <= max(IDLE_FIELDS) or not all(one.isdigit() for one in fields):
            return None
        counts = [int(one) for one in fields[:8]]  # guest time behind them is in user time already
        whole, idle = sum(counts), sum(counts[at] for at in IDLE_FIELDS)
        before, self._before = self._before, (whole, idle)
        if before is None or whole <= before[0]:
            return None
        return round(100 * (1 - (idle - before[1]) / (whole - before[0])), 1)

    def _text(self, path: str) -> str:
        return _read(self.root / path)


def memory_bytes(root: Path = Path("/")) -> dict[str, int]:
    """/proc/meminfo (proc(5)) in bytes."""
    lines = (line.split() for line in _read(root / "proc/meminfo").splitlines())
    return {words[0].rstrip(":"): int(words[1]) * KIB for words in lines if len(words) > 1 and words[1].isdigit()}


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""  # not told by this machine
