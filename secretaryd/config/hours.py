"""A stretch of the day, such as "09:00-20:00"; it may go over midnight. Pure."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

_FORM: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins` to just before `ends`; the same time twice is the whole day."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Raises ValueError for anything but two times of the day."""
        if (match := _FORM.fullmatch(text)) is None:
            raise ValueError(f"not a stretch of the day: {text!r}")
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
        return cls(time(from_hour, from_minute), time(to_hour, to_minute))

    def hold(self, at: time) -> bool:
        """Whether that time of the day lies within."""
        if self.begins == self.ends:
            return True
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends
