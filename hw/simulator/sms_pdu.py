"""The network's own writing and reading of short messages, apart from the driver's `hw.sms` on purpose (PURE).

3GPP TS 23.040 and 23.038, done with strings of bits: slow, short and independent.
"""

import datetime as dt
from dataclasses import dataclass

_GREEK = {0x10: "Δ", 0x12: "Φ", 0x13: "Γ", 0x14: "Λ", 0x15: "Ω", 0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1A: "Ξ"}
_LATIN = {
    0x00: "@", 0x01: "£", 0x02: "$", 0x03: "¥", 0x04: "è", 0x05: "é", 0x06: "ù", 0x07: "ì", 0x08: "ò", 0x09: "Ç",
    0x0A: "\n", 0x0B: "Ø", 0x0C: "ø", 0x0D: "\r", 0x0E: "Å", 0x0F: "å", 0x11: "_", 0x1C: "Æ", 0x1D: "æ", 0x1E: "ß",
    0x1F: "É", 0x24: "¤", 0x40: "¡", 0x5B: "Ä", 0x5C: "Ö", 0x5D: "Ñ", 0x5E: "Ü", 0x5F: "§", 0x60: "¿", 0x7B: "ä",
    0x7C: "ö", 0x7D: "ñ", 0x7E: "ü", 0x7F: "à",
}  # fmt: skip
_ESCAPED = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_ASCII = {code: chr(code) for code in range(0x20, 0x7B) if code not in (0x24, 0x40, *range(0x5B, 0x61))}
SIGNS = {**_ASCII, **_LATIN, **_GREEK}
"""Septet to sign, without the escaped ones."""
CODES = {sign: (code,) for code, sign in SIGNS.items()} | {sign: (0x1B, code) for code, sign in _ESCAPED.items()}


class Unreadable(Exception):
    """Not a message that a network would take."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a host handed over (SMS-SUBMIT). `part` is (reference, total, number) or None."""

    to: str
    text: str
    report: bool
    part: tuple[int, int, int] | None
    flash: bool


def is_gsm(text: str) -> bool:
    """Whether the default alphabet holds it."""
    return all(sign in CODES for sign in text)


def pieces(text: str) -> list[str]:
    """What a telephone makes of a long text; it does not cut escapes or pairs."""
    gsm = is_gsm(text)
    cost = [len(CODES[sign]) if gsm else len(sign.encode("utf-16-be")) // 2 for sign in text]
    if sum(cost) <= (160 if gsm else 70):
        return [text]
    room, found, used = (153 if gsm else 67), [""], 0
    for sign, size in zip(text, cost, strict=True):
        if used + size > room:
            found.append("")
            used = 0
        found[-1] += sign
        used += size
    return found


def deliver(
    sender: str, text: str, when: dt.datetime, *, part: tuple[int, int, int] | None = None, wide: bool = False,
    flash: bool = False, centre: str = "79168999100",
) -> str:  # fmt: skip
    """SMS-DELIVER as the module shows it, hexadecimal. A sender that is no number is a name."""
    first = 0x04 | (0x40 if part else 0)
    number = _named(sender) if not sender.lstrip("+").isdigit() else _numbered(sender)
    gsm = is_gsm(text)
    coding = (0x00 if gsm else 0x08) | (0x10 if flash else 0)
    front = f"{_centre(centre)}{first:02X}{number}00{coding:02X}"
    return (front + moment(when) + _text(text, part, wide)).upper()


def report(reference: int, to: str, sent: dt.datetime, done: dt.datetime, status: int = 0) -> str:
    """SMS-STATUS-REPORT."""
    return f"{_centre('79168999100')}06{reference:02X}{_numbered(to)}{moment(sent)}{moment(done)}{status:02X}".upper()


def submitted(octets: str) -> Sent:
    """Reads SMS-SUBMIT with its service centre. Raises Unreadable."""
    try:
        return _submitted(bytes.fromhex(octets))
    except (ValueError, IndexError, KeyError) as error:
        raise Unreadable(str(error)) from error


def _submitted(data: bytes) -> Sent:
    at = 1 + data[0]
    first = data[at]
    if first & 3 != 1:
        raise Unreadable("not SMS-SUBMIT")
    digits, kind = data[at + 2], data[at + 3]
    at += 4
    number = "".join(f"{octet:02X}"[::-1] for octet in data[at : at + (digits + 1) // 2])[:digits]
    if not number.isdigit():
        raise Unreadable(f"number {number!r}")
    at += (digits + 1) // 2
    coding = data[at + 1]
    at += 2 + {0: 0, 2: 1, 1: 7, 3: 7}[first >> 3 & 3]
    length, user = data[at], data[at + 1 :]
    head = user[0] + 1 if first & 0x40 else 0
    part = _part(user[1:head]) if head else None
    if coding & 0xEC == 0x08 or coding == 0x18:
        text = user[head:length].decode("utf-16-be", "surrogatepass")
        whole = len(user) == length
    else:
        text = _septets(user, length, -(-8 * head // 7))
        whole = len(user) == -(-7 * length // 8)
    if not whole:
        raise Unreadable(f"{len(user)} octets for a length of {length}")
    return Sent("+" * (kind == 0x91) + number, text, bool(first & 0x20), part, flash=coding & 0x13 == 0x10)


def delivered(octets: str) -> tuple[str, str]:
    """(sender, text) of an SMS-DELIVER of ours, for the text mode."""
    data = bytes.fromhex(octets)
    at = 1 + data[0]
    headed = bool(data[at] & 0x40)
    digits, kind = data[at + 1], data[at + 2]
    raw = data[at + 3 : at + 3 + (digits + 1) // 2]
    at += 3 + (digits + 1) // 2
    if kind & 0x70 == 0x50:
        sender = _septets(raw, digits * 4 // 7, 0)
    else:
        sender = "+" * (kind == 0x91) + "".join(f"{octet:02X}"[::-1] for octet in raw)[:digits]
    coding, length, user = data[at + 1], data[at + 9], data[at + 10 :]
    head = user[0] + 1 if headed else 0
    if coding & 0x08:
        return sender, user[head:length].decode("utf-16-be", "replace")
    return sender, _septets(user, length, -(-8 * head // 7))


def length_of(octets: str) -> int:
    """Octets after the service centre."""
    return len(octets) // 2 - 1 - int(octets[:2], 16)


def moment(when: dt.datetime) -> str:
    """Time stamp with the zone of `when`."""
    offset = when.utcoffset() or dt.timedelta()
    quarters = int(offset.total_seconds()) // 900
    zone = f"{abs(quarters):02d}"
    swapped = when.strftime("%y%m%d%H%M%S") + zone
    text = "".join(swapped[at + 1] + swapped[at] for at in range(0, 14, 2))
    return text if quarters >= 0 else text[:12] + f"{int(text[12:], 16) | 8:02X}"


def _part(header: bytes) -> tuple[int, int, int] | None:
    at = 0
    while at + 1 < len(header):
        data = header[at + 2 : at + 2 + header[at + 1]]
        if header[at] == 0:
            return data[0], data[1], data[2]
        if header[at] == 8:
            return data[0] * 256 + data[1], data[2], data[3]
        at += 2 + header[at + 1]
    return None


def _septets(data: bytes, count: int, skip: int) -> str:
    bits = "".join(f"{octet:08b}"[::-1] for octet in data)
    codes = [int(bits[at : at + 7][::-1], 2) for at in range(7 * skip, 7 * count, 7)]
    text, escaped = "", False
    for code in codes:
        if escaped:
            text += _ESCAPED.get(code, SIGNS.get(code, " "))
        elif code != 0x1B:
            text += SIGNS[code]
        escaped = code == 0x1B and not escaped
    return text


def _packed(codes: list[int], skip_bits: int = 0) -> str:
    bits = "0" * skip_bits + "".join(f"{code:07b}"[::-1] for code in codes)
    bits += "0" * (-len(bits) % 8)
    return "".join(f"{int(bits[at : at + 8][::-1], 2):02X}" for at in range(0, len(bits), 8))


def _text(text: str, part: tuple[int, int, int] | None, wide: bool) -> str:
    head = ""
    if part is not None:
        reference, total, number = part
        head = f"060804{reference:04X}" if wide else f"050003{reference:02X}"
        head += f"{total:02X}{number:02X}"
    size = len(head) // 2
    if not is_gsm(text):
        data = text.encode("utf-16-be").hex()
        return f"{size + len(data) // 2:02X}{head}{data}"
    codes = [code for sign in text for code in CODES[sign]]
    before = -(-8 * size // 7)
    return f"{before + len(codes):02X}{head}{_packed(codes, 7 * before - 8 * size)}"


def _swapped(digits: str) -> str:
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))


def _centre(digits: str) -> str:
    return f"{len(_swapped(digits)) // 2 + 1:02X}91{_swapped(digits)}"


def _numbered(number: str) -> str:
    digits = number.lstrip("+")
    return f"{len(digits):02X}{'91' if number.startswith('+') else '81'}{_swapped(digits)}"


def _named(name: str) -> str:
    data = _packed([code for sign in name for code in CODES[sign]])
    return f"{-(-7 * sum(len(CODES[sign]) for sign in name) // 4):02X}D0{data}"
