"""Times, sizes and numbers as people read them. Pure."""

import re
import time
from typing import Final

from tui.i18n.texts import Texts

RUSSIAN: Final = re.compile(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})")
LATEST: Final = 1e11
"""Seconds since 1970 beyond which it is no date."""


def phone(number: str) -> str:
    """ "+79161234567" -> "+7 916 123-45-67"; anything else as it is."""
    return RUSSIAN.sub(r"+7 \1 \2-\3-\4", number) if RUSSIAN.fullmatch(number) else number


def moment(at: float | None, say: Texts, now: float | None = None) -> str:
    """Today: "14:30"; this year: "22.11 14:30"; else with the year. Local time."""
    if at is None or not 0 <= at < LATEST:
        return ""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime(say("date.year" if then[0] == today[0] else "date.full"), then)


def full_moment(at: float | None, say: Texts) -> str:
    """Date and time to the second."""
    return "" if at is None or not 0 <= at < LATEST else time.strftime(say("date.seconds"), time.localtime(at))


def clock(seconds: float) -> str:
    """ "0:42", "12:05", "1:02:03"."""
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def duration(seconds: float, say: Texts) -> str:
    """Two figures at most: "2 ч 5 мин", "40 с"."""
    left, figures = max(0, int(seconds)), list[str]()
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            figures.append(say(f"time.{unit}", n=count))
        elif figures:
            break
    return " ".join(figures[:2]) or say("time.s", n=0)


def size(count: float, say: Texts) -> str:
    """GB with one figure after the point, or whole MB below one."""
    if count >= 1e9:
        return say("size.g", n=f"{count / 1e9:.1f}".replace(".", say("decimal")))
    return say("size.m", n=max(0, int(count / 1e6)))


def seconds(milliseconds: float, say: Texts) -> str:
    """ "0,83 с"."""
    return say("time.s", n=f"{milliseconds / 1000:.2f}".replace(".", say("decimal")))


def midnight(now: float | None = None) -> float:
    """When today began here, UTC epoch seconds."""
    today = time.localtime(now)
    return time.mktime((today.tm_year, today.tm_mon, today.tm_mday, 0, 0, 0, 0, 0, -1))
