"""How often an asker may ask for what is dear: a moving window for each kind and asker, in memory.

A route says which one it is under (`page(..., limit=Limit.SMS)`); the guard asks here before the endpoint runs.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Limit(StrEnum):
    """What is limited."""

    LOGIN = "login"
    LLM = "llm"
    STT = "stt"
    TTS = "tts"
    SMS = "sms"
    DOWNLOAD = "download"
    UPLOAD = "upload"


LIMITS: Final[dict[Limit, RateLimitItem]] = {
    Limit.LOGIN: RateLimitItemPerMinute(20),
    Limit.LLM: RateLimitItemPerMinute(30),
    Limit.STT: RateLimitItemPerMinute(60),
    Limit.TTS: RateLimitItemPerMinute(60),
    Limit.SMS: RateLimitItemPerHour(60),
    Limit.DOWNLOAD: RateLimitItemPerMinute(120),
    Limit.UPLOAD: RateLimitItemPerMinute(20),
}
"""Of one user, or of one address where nobody is signed in. Passwords have their own lock-out beside it
(`webui.auth.policy`)."""


class Limiter:
    """One for the page. The library keeps its windows by the wall clock; they are minutes long."""

    def __init__(self, limits: Mapping[Limit, RateLimitItem] = LIMITS) -> None:
        self._limits = limits
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, limit: Limit, who: str) -> float:
        """0 where `who` may, which counts at once; else seconds until he may again."""
        item = self._limits[limit]
        if self._windows.hit(item, limit, who):
            return 0.0
        ends: float = self._windows.get_window_stats(item, limit, who).reset_time
        return max(1.0, ends - time.time())
