"""The GSM 7-bit default alphabet, its extension table, the packing of septets (3GPP TS 23.038, 6.1.2 and 6.2.1)."""

from typing import Final

from hw.sms.errors import PduError

ESCAPE: Final = 0x1B

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Place = septet. 0x1B is the escape to the extension table."""

EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

_ENCODE: Final[dict[str, tuple[int, ...]]] = {
    **{char: (place,) for place, char in enumerate(BASIC) if place != ESCAPE},
    **{char: (ESCAPE, place) for place, char in EXTENSION.items()},
}


def fits(text: str) -> bool:
    """Whether every character is in the alphabet or its extension."""
    return all(char in _ENCODE for char in text)


def encode_char(char: str) -> tuple[int, ...]:
    """One septet, or two with an escape. Raises PduError."""
    try:
        return _ENCODE[char]
    except KeyError:
        raise PduError(f"not in the GSM alphabet: {char!r}") from None


def encode(text: str) -> list[int]:
    """Septets. Raises PduError for a character that is not there."""
    return [septet for char in text for septet in encode_char(char)]


def decode(septets: list[int]) -> str:
    """Text. An unknown escape shows the character of the basic table (TS 23.038, 6.2.1.1, note 1); a second escape is a
    space, as is one at the end."""
    text: list[str] = []
    escaped = False
    for septet in septets:
        if escaped:
            escaped = False
            text.append(" " if septet == ESCAPE else EXTENSION.get(septet, BASIC[septet]))
        elif septet == ESCAPE:
            escaped = True
        else:
            text.append(BASIC[septet])
    return "".join(text) + (" " if escaped else "")


def pack(septets: list[int], fill: int = 0) -> bytes:
    """Octets, after `fill` empty bits (those that bring text after a header onto a septet boundary)."""
    value = 0
    for place, septet in enumerate(septets):
        value |= septet << (fill + 7 * place)
    return value.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill: int = 0) -> list[int]:
    """Up to `count` septets: as many as the octets hold."""
    value = int.from_bytes(octets, "little") >> fill
    there = max(0, (8 * len(octets) - fill) // 7)
    return [value >> (7 * place) & 0x7F for place in range(min(count, there))]
