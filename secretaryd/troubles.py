"""What went wrong and outlives its moment, until it is well again."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Troubles:
    """What happened that outlives its moment: set by whoever saw it."""

    codes: dict[str, str] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Something is wrong that was not, or in another way; cleared by whoever tells of it."""

    def note(self, code: str, detail: str = "") -> None:
        """Until `clear`."""
        if self.codes.get(code) != detail:
            self.news.set()
        self.codes[code] = detail

    def clear(self, code: str) -> None:
        """It is well again."""
        self.codes.pop(code, None)
