"""How each operator is asked for the balance. A table; the owner's own code goes before it. Pure.

Codes as the operators' pages give them; MegaFon's and Yota's are less sure (older pages name others).
"""

from typing import Final

BALANCE_CODES: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("mts", "мтс", "25001"), "*100#"),
    (("megafon", "мегафон", "25002"), "*100#"),
    (("beeline", "билайн", "25099"), "*102#"),
    (("tele2", "теле2", "t2", "т2", "25020"), "*105#"),
    (("rostelecom", "ростелеком", "25039"), "*102#"),
    (("yota", "йота", "25011"), "*100#"),
)
"""Parts of the network's name, or its number (MCC and MNC), and the code."""


def balance_code(operator: str, own: str = "") -> str:
    """The code to ask with; "" where none is known."""
    if own:
        return own
    name = operator.lower().replace("-", "").replace(" ", "")
    return next((code for names, code in BALANCE_CODES if any(part in name for part in names)), "")
