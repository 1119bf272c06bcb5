"""A short message as the modem stores and takes it in PDU mode: service centre, then the TPDU (3GPP TS 23.040, 9.2.2).

Reading is lenient where the text can still be shown (a length too large, an unknown header element, a time that is
none): a note says what was odd. It raises PduError, and nothing else, for what is no message at all.
"""

from dataclasses import dataclass
from typing import Final

from hw.sms import address, gsm7, header, stamp
from hw.sms.address import Address
from hw.sms.coding import FLASH, Alphabet, coding, scheme
from hw.sms.errors import PduError
from hw.sms.header import Concat
from hw.sms.stamp import Stamp

MAX_OCTETS: Final = 255
"""Of a PDU; a true one has at most 176."""
USER_OCTETS: Final = 140
NO_ADDRESS: Final = Address("")

_TYPE, _MORE, _HEADER, _REPORT, _REJECT = 0x03, 0x04, 0x40, 0x20, 0x04
_DELIVER, _SUBMIT, _STATUS = 0, 1, 2
_RELATIVE, _ENHANCED, _ABSOLUTE = 0x10, 0x08, 0x18


@dataclass(frozen=True, slots=True)
class Body:
    """User data. `text` may hold half a surrogate pair at either end where a sender split a sign between two parts:
    `join` heals it, `shown` replaces it."""

    text: str
    alphabet: Alphabet
    flash: bool = False
    concat: Concat | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know: codes of NOTES."""
    octets: bytes = b""
    """The data of a message that is not text."""


NOTES: Final = frozenset({"data", "compressed", "port", "shifted", "truncated", "indication"})
"""data: 8-bit, not shown; compressed: cannot be read; port: for an application; shifted: some characters may be wrong;
truncated: shorter than it says; indication: tells of waiting voice mail."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message from the network (SMS-DELIVER). `sent` is the service centre's time, None where it is none."""

    centre: Address
    sender: Address
    sent: Stamp | None
    body: Body
    protocol: int = 0


@dataclass(frozen=True, slots=True)
class Submit:
    """A message to the network (SMS-SUBMIT): ours, or a draft on the SIM. `validity`: minutes, where relative."""

    centre: Address
    to: Address
    body: Body
    reference: int = 0
    report: bool = False
    validity: int | None = None
    until: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message of ours (SMS-STATUS-REPORT); `status` is TP-ST (9.2.3.15)."""

    centre: Address
    reference: int
    to: Address
    sent: Stamp | None
    done: Stamp | None
    status: int

    @property
    def delivered(self) -> bool:
        """It has arrived (or was replaced by the service centre)."""
        return self.status < 0x20

    @property
    def failed(self) -> bool:
        """It will not arrive: the service centre no longer tries. Else it is still being tried."""
        return 0x40 <= self.status < 0x80 or self.status >= 0x80


Message = Deliver | Submit | Report


class _Octets:
    """Reads in order; PduError at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        if len(part) < count:
            raise PduError(f"{self._at + count - len(self._data)} octets are missing")
        self._at += count
        return part

    def byte(self) -> int:
        return self.take(1)[0]

    def rest(self) -> bytes:
        part = self._data[self._at :]
        self._at = len(self._data)
        return part

    def left(self) -> int:
        return len(self._data) - self._at


def unhex(text: str) -> bytes:
    """The octets of a line as the modem writes it. Raises PduError."""
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise PduError("not hexadecimal") from None
    if not 1 <= len(octets) <= MAX_OCTETS or not text.isascii():
        raise PduError(f"{len(octets)} octets are no message")
    return octets


def decode(octets: bytes) -> Message:
    """A message with its service centre in front. Raises PduError."""
    data = _Octets(octets)
    centre = _service_centre(data)
    first = data.byte()
    match first & _TYPE:
        case 1:
            return _submit(data, first, centre)
        case 2:
            return _report(data, centre)
    # A reserved type is to be taken for SMS-DELIVER (9.2.3.1).
    return _deliver(data, first, centre)


def tpdu_length(octets: bytes) -> int:
    """Octets after the service centre: what AT+CMGS and +CMGR count. Raises PduError."""
    if not octets or octets[0] >= len(octets):
        raise PduError("no message after the service centre")
    return len(octets) - 1 - octets[0]


def identity(octets: bytes) -> bytes:
    """What two copies of one message have in common: everything but the service centre that handed it over. Never
    fails; of what is no message all counts."""
    return octets[1 + octets[0] :] if octets and octets[0] < len(octets) - 1 else octets


def _service_centre(data: _Octets) -> Address:
    length = data.byte()
    if length == 0:
        return NO_ADDRESS
    octets = data.take(length)
    return address.decode(octets[1:], length=2 * (length - 1), kind=octets[0])


def _address(data: _Octets) -> Address:
    length, kind = data.byte(), data.byte()
    return address.decode(data.take((length + 1) // 2), length=length, kind=kind)


def _deliver(data: _Octets, first: int, centre: Address) -> Deliver:
    sender = _address(data)
    protocol, dcs = data.byte(), data.byte()
    sent = stamp.decode(data.take(stamp.OCTETS))
    return Deliver(centre, sender, sent, _body(data, dcs, headed=bool(first & _HEADER)), protocol)


def _submit(data: _Octets, first: int, centre: Address) -> Submit:
    reference = data.byte()
    to = _address(data)
    data.byte()  # protocol
    dcs = data.byte()
    validity: int | None = None
    until: Stamp | None = None
    match first & 0x18:
        case 0x10:
            validity = minutes_of(data.byte())
        case 0x18:
            until = stamp.decode(data.take(stamp.OCTETS))
        case 0x08:
            data.take(stamp.OCTETS)
    body = _body(data, dcs, headed=bool(first & _HEADER))
    return Submit(centre, to, body, reference, bool(first & _REPORT), validity, until)


def _report(data: _Octets, centre: Address) -> Report:
    reference = data.byte()
    to = _address(data)
    sent, done = stamp.decode(data.take(stamp.OCTETS)), stamp.decode(data.take(stamp.OCTETS))
    return Report(centre, reference, to, sent, done, data.byte())


def _body(data: _Octets, dcs: int, *, headed: bool) -> Body:
    kind = coding(dcs)
    told = data.take(1) if data.left() else b""
    length = told[0] if told else 0
    seven = kind.alphabet is Alphabet.GSM7 and not kind.compressed
    octets = data.rest()
    wanted = (7 * length + 7) // 8 if seven else length
    notes = {"truncated"} if len(octets) < wanted or not told else set()
    octets = octets[:wanted]
    head, skipped = header.Header(), 0
    if headed and octets:
        skipped = 1 + octets[0]
        head = header.decode(octets[1:skipped])
        if skipped > len(octets):
            notes.add("truncated")
    notes |= {name for name, there in (("port", head.to_port), ("shifted", head.shifted)) if there}
    if kind.indication:
        notes.add("indication")
    flash = kind.message_class == FLASH
    if kind.compressed or kind.alphabet is Alphabet.DATA:
        notes.add("compressed" if kind.compressed else "data")
        return Body("", Alphabet.DATA, flash, head.concat, tuple(sorted(notes)), octets[skipped:])
    if kind.alphabet is Alphabet.UCS2:
        units = octets[skipped:]
        text = units[: len(units) & ~1].decode("utf-16-be", "surrogatepass")
    else:
        before = (8 * skipped + 6) // 7
        fill = 7 * before - 8 * skipped
        text = gsm7.decode(gsm7.unpack(octets[skipped:], max(0, length - before), fill))
    return Body(text, kind.alphabet, flash, head.concat, tuple(sorted(notes)))


def minutes_of(validity: int) -> int:
    """A relative validity period in minutes (9.2.3.12.1)."""
    if validity < 144:
        return 5 * (validity + 1)
    if validity < 168:
        return 12 * 60 + 30 * (validity - 143)
    if validity < 197:
        return 24 * 60 * (validity - 166)
    return 7 * 24 * 60 * (validity - 192)


def validity_of(minutes: int) -> int:
    """The octet of the shortest period that is at least so long; 63 weeks at most."""
    return next((octet for octet in range(256) if minutes_of(octet) >= minutes), 255)


def encode_submit(
    to: str,
    body: Body,
    *,
    reference: int = 0,
    report: bool = False,
    reject_duplicates: bool = False,
    validity: int | None = None,
    centre: str = "",
) -> bytes:
    """A message to send. `validity` in minutes; without a `centre` the SIM's own is used. Raises PduError for a number
    or a text that cannot be sent, or that does not fit one message (`hw.sms.segment` splits)."""
    first = _SUBMIT | (_REPORT if report else 0) | (_REJECT if reject_duplicates else 0)
    first |= (_HEADER if body.concat else 0) | (_RELATIVE if validity is not None else 0)
    front = bytes((first, reference)) + address.encode(to) + bytes((0, scheme(body.alphabet, flash=body.flash)))
    lifetime = b"" if validity is None else bytes((validity_of(validity),))
    return _encode_centre(centre) + front + lifetime + _user_data(body)


def encode_deliver(sender: Address, sent: Stamp, body: Body, *, centre: str = "", more: bool = False) -> bytes:
    """A message as the network delivers it, for tests and for import. Raises PduError."""
    first = _DELIVER | (0 if more else _MORE) | (_HEADER if body.concat else 0)
    number = address.encode_name(sender.text) if sender.named else address.encode(sender.text)
    front = bytes((first,)) + number + bytes((0, scheme(body.alphabet, flash=body.flash)))
    return _encode_centre(centre) + front + stamp.encode(sent) + _user_data(body)


def encode_report(report: Report) -> bytes:
    """A status report as the network delivers it. Raises PduError."""
    if report.sent is None or report.done is None:
        raise PduError("a report needs its times")
    front = bytes((_STATUS | _MORE, report.reference)) + address.encode(report.to.text)
    times = stamp.encode(report.sent) + stamp.encode(report.done)
    return _encode_centre(report.centre.text) + front + times + bytes((report.status,))


def _encode_centre(centre: str) -> bytes:
    return address.encode(centre, service_centre=True) if centre else b"\0"


def _user_data(body: Body) -> bytes:
    head = header.encode(body.concat) if body.concat else b""
    if body.alphabet is Alphabet.GSM7:
        before = (8 * len(head) + 6) // 7
        septets = gsm7.encode(body.text)
        octets = head + gsm7.pack(septets, 7 * before - 8 * len(head))
        length = before + len(septets)
    else:
        data = body.octets if body.alphabet is Alphabet.DATA else body.text.encode("utf-16-be", "surrogatepass")
        octets = head + data
        length = len(octets)
    if len(octets) > USER_OCTETS:
        raise PduError(f"{len(octets)} octets do not fit one message")
    return bytes((length,)) + octets


def join(texts: list[str]) -> str:
    """The text of parts in their order; a pair of surrogates that was split between two is whole again."""
    return shown("".join(texts))


def shown(text: str) -> str:
    """Without lone surrogates, which no file, page or terminal can write."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
