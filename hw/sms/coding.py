"""What the data coding scheme says of a message (3GPP TS 23.038, 4)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Alphabet(StrEnum):
    """How the user data is written."""

    GSM7 = "gsm7"
    DATA = "data"
    """8 bits: not text."""
    UCS2 = "ucs2"


FLASH: Final = 0
"""Message class 0: to be shown at once, and not to be stored by a telephone."""
DCS: Final = {Alphabet.GSM7: 0x00, Alphabet.DATA: 0x04, Alphabet.UCS2: 0x08}
CLASS_MEANING: Final = 0x10
_ALPHABETS: Final = (Alphabet.GSM7, Alphabet.DATA, Alphabet.UCS2, Alphabet.GSM7)


@dataclass(frozen=True, slots=True)
class Coding:
    """`message_class` 0..3 or None; `indication` tells of waiting voice mail or faxes, where the text is secondary."""

    alphabet: Alphabet
    message_class: int | None = None
    compressed: bool = False
    indication: bool = False


def coding(dcs: int) -> Coding:
    """Every one of the 256 values means something: reserved ones are the default alphabet (TS 23.038, 4)."""
    group = dcs >> 4
    if group < 0x8:  # 00xx general, 01xx the same, to be deleted after reading
        message_class = dcs & 3 if dcs & CLASS_MEANING else None
        return Coding(_ALPHABETS[dcs >> 2 & 3], message_class, compressed=bool(dcs & 0x20))
    match group:
        case 0xC | 0xD:
            return Coding(Alphabet.GSM7, indication=True)
        case 0xE:
            return Coding(Alphabet.UCS2, indication=True)
        case 0xF:
            return Coding(Alphabet.DATA if dcs & 4 else Alphabet.GSM7, dcs & 3)
    return Coding(Alphabet.GSM7)


def scheme(alphabet: Alphabet, *, flash: bool = False) -> int:
    """The octet to send."""
    return DCS[alphabet] | (CLASS_MEANING | FLASH if flash else 0)
