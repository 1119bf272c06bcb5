"""The user data header: what stands before the text of a part (3GPP TS 23.040, 9.2.3.24)."""

from dataclasses import dataclass
from typing import Final

CONCAT_8: Final = 0x00
CONCAT_16: Final = 0x08
PORTS: Final = frozenset({0x04, 0x05})
SHIFTS: Final = frozenset({0x24, 0x25})


@dataclass(frozen=True, slots=True)
class Concat:
    """One part of `total` with number `part` (from 1). `wide`: the reference has 16 bits, not 8."""

    reference: int
    total: int
    part: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What of the header matters to text. Elements that we do not know are skipped, as the standard asks."""

    concat: Concat | None = None
    to_port: bool = False
    """Addressed to an application (a picture, a ring tone, settings), not to a reader."""
    shifted: bool = False
    """National shift tables (Turkish and others): a few characters will be wrong."""
    other: tuple[int, ...] = ()
    """Numbers of the elements that were skipped."""


def decode(octets: bytes) -> Header:
    """`octets` without the length in front. What is cut off is left out; of several concatenations the last counts
    (TS 23.040, 9.2.3.24)."""
    concat: Concat | None = None
    found: list[int] = []
    at = 0
    while at + 2 <= len(octets):
        number, length = octets[at], octets[at + 1]
        data = octets[at + 2 : at + 2 + length]
        at += 2 + length
        if len(data) < length:
            break
        concat = _concat(number, data) or concat
        if number not in (CONCAT_8, CONCAT_16):
            found.append(number)
    kinds = set(found)
    other = tuple(number for number in found if number not in PORTS | SHIFTS)
    return Header(concat, bool(kinds & PORTS), bool(kinds & SHIFTS), other)


def _concat(number: int, data: bytes) -> Concat | None:
    """None where it is no concatenation, or an impossible one (then it is to be ignored: 9.2.3.24.1)."""
    if number == CONCAT_8 and len(data) == 3:
        reference, total, part, wide = data[0], data[1], data[2], False
    elif number == CONCAT_16 and len(data) == 4:
        reference, total, part, wide = data[0] << 8 | data[1], data[2], data[3], True
    else:
        return None
    return Concat(reference, total, part, wide) if 1 <= part <= total else None


def encode(concat: Concat) -> bytes:
    """With the length in front."""
    if concat.wide:
        return bytes((6, CONCAT_16, 4, concat.reference >> 8, concat.reference & 0xFF, concat.total, concat.part))
    return bytes((5, CONCAT_8, 3, concat.reference & 0xFF, concat.total, concat.part))
