"""A text of any length as parts that fit (3GPP TS 23.040, 9.2.3.24.1; TS 23.038 for the alphabet)."""

from typing import Final

from hw.sms import gsm7
from hw.sms.coding import Alphabet
from hw.sms.errors import PduError
from hw.sms.header import Concat
from hw.sms.pdu import Body

MAX_PARTS: Final = 255
ROOM: Final = {(Alphabet.GSM7, False): 160, (Alphabet.GSM7, True): 153, (Alphabet.UCS2, False): 70}
"""Septets or 16-bit units; True: one of several, with a header."""
WIDE_ROOM: Final = {Alphabet.GSM7: 152, Alphabet.UCS2: 66}
NARROW_ROOM: Final = {Alphabet.GSM7: 153, Alphabet.UCS2: 67}
HIGH_SURROGATES: Final = range(0xD800, 0xDC00)


def alphabet_for(text: str) -> Alphabet:
    """The one with more room that holds every character."""
    return Alphabet.GSM7 if gsm7.fits(text) else Alphabet.UCS2


def count(text: str) -> int:
    """How many messages this text costs."""
    return len(split(text))


def split(text: str, reference: int = 0, *, wide: bool = False, flash: bool = False) -> tuple[Body, ...]:
    """One body, or several with `reference`. No escape sequence and no surrogate pair is cut in two. Raises PduError
    for a text longer than 255 parts, or with half a surrogate pair."""
    if text != text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"):
        raise PduError("half a surrogate pair is no text")
    alphabet = alphabet_for(text)
    if _size(text, alphabet) <= ROOM[alphabet, False]:
        return (Body(text, alphabet, flash),)
    pieces = _cut(text, alphabet, (WIDE_ROOM if wide else NARROW_ROOM)[alphabet])
    if len(pieces) > MAX_PARTS:
        raise PduError(f"{len(pieces)} parts are more than {MAX_PARTS}")
    reference &= 0xFFFF if wide else 0xFF
    return tuple(
        Body(piece, alphabet, flash, Concat(reference, len(pieces), place, wide))
        for place, piece in enumerate(pieces, 1)
    )


def _size(text: str, alphabet: Alphabet) -> int:
    return sum(_cost(char, alphabet) for char in text)


def _cost(char: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM7:
        return len(gsm7.encode_char(char))
    return 2 if ord(char) > 0xFFFF else 1


def _cut(text: str, alphabet: Alphabet, room: int) -> list[str]:
    pieces: list[str] = []
    start = used = 0
    for place, char in enumerate(text):
        cost = _cost(char, alphabet)
        if used + cost > room:
            pieces.append(text[start:place])
            start, used = place, 0
        used += cost
    return [*pieces, text[start:]]
