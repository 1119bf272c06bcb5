"""Who calls, as the modem's lines say it. Pure.

Documented order of +CLIP (manual, 5.2.12; 3GPP TS 27.007, 7.11): number, type, subaddress, its type, name, validity.
"""

import re
from typing import Final

from hw.at.grammar import payload_of, split_fields
from hw.modem.events import CallerKnown, Presentation

MAX_NUMBER: Final = 32
MAX_RAW: Final = 128
"""Characters kept of what the modem wrote."""
TAIL: Final = 7
"""Digits by which two spellings of one number (+7916..., 8916..., 7916...) are compared."""

RESTRICTED_TYPE: Final = "128"
INTERNATIONAL_TYPE: Final = "145"

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_MISSED: Final = re.compile(r"MISSED_CALL:\s*[\d:]*\s*(?:[AP]M)?\s*(\S*)")

VALIDITY: Final = {"1": Presentation.WITHHELD, "2": Presentation.UNAVAILABLE}


def clean_number(text: str, number_type: str = "") -> str | None:
    """The number in digits, `+`, `*` and `#`, None when it is not one (letters, too long, empty).
    The international type adds the `+` that some firmware leaves out."""
    number = re.sub(r"[ ()\-]", "", text)
    if not _NUMBER.fullmatch(number) or len(number) > MAX_NUMBER:
        return None
    if number_type == INTERNATIONAL_TYPE and number[0] in "123456789" and len(number) > TAIL:
        number = f"+{number}"
    return number if len(number) <= MAX_NUMBER else None


def parse_clip(line: str) -> CallerKnown:
    """A `+CLIP:` line. A line that makes no sense is MALFORMED, never an error: the call is real all the same."""
    raw = line[:MAX_RAW]
    fields = split_fields(payload_of(line))
    number_type = fields[1] if len(fields) > 1 else ""
    if line.count('"') == 1:  # the line was cut within the number: what is left of it is somebody else's
        return CallerKnown(None, Presentation.MALFORMED, raw)
    if fields[0]:
        number = clean_number(fields[0], number_type)
        state = Presentation.PRESENTED if number is not None else Presentation.MALFORMED
        return CallerKnown(number, state, raw)
    if '"' not in line and "," not in line:
        return CallerKnown(None, Presentation.MALFORMED, raw)
    validity = fields[5] if len(fields) > 5 else ""
    default = Presentation.WITHHELD if number_type == RESTRICTED_TYPE else Presentation.UNAVAILABLE
    return CallerKnown(None, VALIDITY.get(validity, default), raw)


def parse_missed(line: str) -> str | None:
    """The number of `MISSED_CALL: 08:48AM +79161234567`, None when withheld or unreadable."""
    match = _MISSED.fullmatch(line.strip())
    return clean_number(match[1]) if match else None


def parse_waiting(line: str) -> str | None:
    """The number of `+CCWA: "+79161234567",145,1`, None when withheld or unreadable."""
    fields = split_fields(payload_of(line))
    return clean_number(fields[0], fields[1] if len(fields) > 1 else "")


def same_number(one: str | None, other: str | None) -> bool:
    """Whether two spellings are one number; two unknown ones count as the same."""
    if one is None or other is None:
        return one is other
    return one == other or (min(len(one), len(other)) > TAIL and one[-TAIL:] == other[-TAIL:])
