"""Telephone numbers and names in PDUs (3GPP TS 23.040, 9.1.2.5; digits by TS 24.008, 10.5.4.7)."""

import re
from dataclasses import dataclass
from typing import Final

from hw.sms import gsm7
from hw.sms.errors import PduError

INTERNATIONAL: Final = 0x91
UNKNOWN: Final = 0x81
ALPHANUMERIC: Final = 0x50
"""The three bits of the type of number, as they stand in the octet."""
TYPE_BITS: Final = 0x70
FILLER: Final = 0x0F
MAX_NAME: Final = 11
"""Septets."""

_DIGITS: Final = "0123456789*#abc"
_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,20}")


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is the number as dialled ("+" where international) or, where `named`, the sender's chosen name."""

    text: str
    named: bool = False


def decode(octets: bytes, *, length: int, kind: int) -> Address:
    """`length` counts half-octets (TP addresses). Never fails: what is short gives a short address."""
    if kind & TYPE_BITS == ALPHANUMERIC:
        return Address(gsm7.decode(gsm7.unpack(octets, length * 4 // 7)).rstrip("\r"), named=True)
    digits = semi_octets(octets, length)
    return Address(("+" if kind & TYPE_BITS == INTERNATIONAL & TYPE_BITS and digits else "") + digits)


def semi_octets(octets: bytes, count: int) -> str:
    """Digits, low half first, up to `count` or the filler."""
    halves = [half for octet in octets for half in (octet & 0x0F, octet >> 4)][:count]
    end = halves.index(FILLER) if FILLER in halves else len(halves)
    return "".join(_DIGITS[half] for half in halves[:end])


def encode(address: str, *, service_centre: bool = False) -> bytes:
    """Length, type and digits of a number; a service centre's length counts octets, with the type. Raises PduError for
    what is no number."""
    if not _NUMBER.fullmatch(address):
        raise PduError(f"not a number: {address!r}")
    digits = address.removeprefix("+")
    packed = bytes(
        _DIGITS.index(low) | (_DIGITS.index(high) if high else FILLER) << 4
        for low, high in ((digits[at], digits[at + 1 : at + 2]) for at in range(0, len(digits), 2))
    )
    kind = INTERNATIONAL if address.startswith("+") else UNKNOWN
    return bytes((len(packed) + 1 if service_centre else len(digits), kind)) + packed


def encode_name(name: str) -> bytes:
    """A sender's chosen name. Raises PduError for one that does not fit ten octets (TS 23.040, 9.1.2.5)."""
    septets = gsm7.encode(name)
    if not septets or len(septets) > MAX_NAME:
        raise PduError(f"not a name: {name!r}")
    packed = gsm7.pack(septets)
    return bytes(((len(septets) * 7 + 3) // 4, 0x80 | ALPHANUMERIC)) + packed
