"""The balance in an operator's words: Russian, Russian in Latin letters, English. Pure."""

import re
from decimal import Decimal
from typing import Final

_AMOUNT: Final = (
    r"(?P<sign>минус|minus|[-−–])?\s*(?P<whole>\d{1,3}(?:[  ]\d{3})+|\d{1,7})(?:[.,](?P<part>\d{1,2}))?(?![\d.,]\d)"
)
_ROUBLES: Final = r"\s*(?:руб(?:\.|лей|ля|ль)?|р\b\.?|₽|rub(?:\.|ley|lya|l)?\b|r\b\.?)"
_KOPECKS: Final = r"(?:\s*(?P<kopecks>\d{1,2})\s*коп)?"
_WORDS: Final = (
    r"(?:баланс\w*|balans\w*|balance|на\s+сч[её]т[еу]?|на\s+вашем\s+сч[её]те|na\s+schete|остаток\s+на\s+сч[её]те|"
    r"осн(?:овной|\.)?\s*сч[её]т|доступно|dostupno|средств)"
)
_NAMED: Final = re.compile(_WORDS + r"[^\d\-−–]{0,30}?" + _AMOUNT + r"(?:" + _ROUBLES + _KOPECKS + r")?", re.IGNORECASE)
_MONEY: Final = re.compile(_AMOUNT + _ROUBLES + _KOPECKS, re.IGNORECASE)
_ALONE: Final = re.compile(_AMOUNT)


def balance_of(text: str) -> Decimal | None:
    """Roubles: the sum that is called a balance, else the first that is in roubles, else a text that is nothing but a
    sum; None where there is none."""
    match = _NAMED.search(text) or _MONEY.search(text) or _ALONE.fullmatch(text.strip())
    if match is None:
        return None
    groups = match.groupdict()
    part = groups.get("part") or groups.get("kopecks") or "0"
    # "5" after the point are fifty kopecks, "5 коп" are five.
    part = part.zfill(2) if groups.get("kopecks") and not groups.get("part") else part.ljust(2, "0")
    whole = re.sub(r"\D", "", match["whole"])
    amount = Decimal(f"{whole}.{part}")
    return -amount if match["sign"] else amount
