"""Running a fast engine at a slow machine's speed, so that everything can be tried as the caller would meet it."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens a second. A Raspberry Pi 5 with a 1.5B model (Q4) is about 30 and 8, a Pi 4 about 5 and 3."""

    prefill_tps: float
    decode_tps: float

    def __post_init__(self) -> None:
        if not (self.prefill_tps > 0 and self.decode_tps > 0):
            raise ValueError("a pace is two positive figures, tokens a second")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """ "PREFILL/DECODE" as in "30/8"; "" is full speed (None). Raises ValueError."""
        if not text.strip():
            return None
        prefill, slash, decode = text.partition("/")
        if not slash:
            raise ValueError(f'pace "{text}": PREFILL/DECODE is wanted, such as 30/8')
        return cls(float(prefill), float(decode))

    def seconds(self, tokens: int, *, decoding: bool) -> float:
        """What evaluating `tokens` takes on the machine that is imitated."""
        return tokens / (self.decode_tps if decoding else self.prefill_tps)

    def __str__(self) -> str:
        return f"{self.prefill_tps:g}/{self.decode_tps:g}"


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> float:
        """Monotonic seconds."""

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Waits for `event`, at most `seconds`; True when the event came first."""


class MonotonicClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds of time.monotonic()."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """See Clock."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True
