"""Transcripts: what went over an AT port, with times, as text that tests replay.

    # firmware: LE20B03SIM7600M22
    +0.000 > "AT+CPIN?\\r"
    +0.013 < "\\r\\n+CPIN: READY\\r\\n\\r\\nOK\\r\\n"

One line per chunk as the port gave or took it; `>` to the modem, `<` from it; seconds since the start. Inside the
quotes stand printable ASCII and the escapes \\r \\n \\" \\\\ \\xNN. Lines that begin with `#` are header and remarks.
"""

import re
from collections.abc import Iterator
from typing import Final, TextIO

MAX_HELD: Final = 64
"""Chunks held back while a number may still go on in the next one."""

_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{7,}")
_OPEN_END: Final = re.compile(rb"[0-9A-Fa-f]+\Z")
_PIN: Final = re.compile(rb'(AT\+CPIN=\s*"?)([0-9",]+)')
_KEPT: Final = 4
_ESCAPES: Final = {"\r": "\\r", "\n": "\\n", '"': '\\"', "\\": "\\\\"}


def quote(data: bytes) -> str:
    """Bytes as a quoted, printable string."""
    return f'"{"".join(map(_escape, data.decode("latin-1")))}"'


def _escape(sign: str) -> str:
    return _ESCAPES.get(sign) or (sign if " " <= sign <= "~" else f"\\x{ord(sign):02x}")


def mask_digits(data: bytes) -> bytes:
    """Zeros for all but the first four of seven and more digits in a row (numbers, IMEI, cell, PDU): same length."""
    return _DIGITS.sub(lambda found: found[0][:_KEPT] + b"0" * (len(found[0]) - _KEPT), data)


def mask_pin(data: bytes) -> bytes:
    """Stars for a PIN that is entered."""
    return _PIN.sub(lambda found: found[1] + re.sub(rb"[0-9]", b"*", found[2]), data)


class TranscriptWriter:
    """Writes chunks in order. With `mask` a chunk that ends in digits waits for the next one of its direction, so that
    a number cut in two is masked whole."""

    def __init__(self, file: TextIO, *, mask: bool) -> None:
        self._file = file
        self._mask = mask
        self._held: list[tuple[float, str, bytes]] = []

    def header(self, key: str, value: str) -> None:
        """A remark."""
        self._file.write(f"# {key}: {value}\n")

    def chunk(self, seconds: float, direction: str, data: bytes) -> None:
        """`direction` is `<` or `>`."""
        if not data:
            return
        self._held.append((seconds, direction, mask_pin(data)))
        last = {way: chunk for _, way, chunk in self._held}
        if not self._mask or len(self._held) >= MAX_HELD or not any(map(_OPEN_END.search, last.values())):
            self.flush()

    def flush(self) -> None:
        """Writes what is held."""
        masked = {way: self._masked(way) for way in "<>"}
        for seconds, way, _ in self._held:
            self._file.write(f"+{seconds:.3f} {way} {quote(next(masked[way]))}\n")
        self._held.clear()
        self._file.flush()

    def _masked(self, way: str) -> Iterator[bytes]:
        chunks = [data for _, direction, data in self._held if direction == way]
        whole = b"".join(chunks)
        whole = mask_digits(whole) if self._mask else whole
        at = 0
        for chunk in chunks:
            yield whole[at : at + len(chunk)]
            at += len(chunk)
