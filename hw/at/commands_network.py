"""Commands about the SIM, the network and the module itself: what `hw.modem.init` asks at every start."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from hw.at.commands import CALL_SECONDS, AnswerUnreadable, Command, Order, number_at, only_line
from hw.at.grammar import payload_of, split_fields

_PIN = re.compile(r"[0-9]{4,8}")


@dataclass(frozen=True, slots=True)
class ReadSim(Command[str]):
    """AT+CPIN? (4.2.1): `READY`, `SIM PIN`, `SIM PUK`, ..."""

    answers: ClassVar[tuple[str, ...]] = ("+CPIN",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CPIN?"

    def parse(self, lines: Sequence[str]) -> str:
        """The SIM's word, in capitals."""
        return payload_of(only_line(self, lines)).upper()


@dataclass(frozen=True, slots=True)
class EnterPin(Order):
    """AT+CPIN=. A wrong one costs one of three tries."""

    timeout: ClassVar[float] = CALL_SECONDS
    pin: str

    def __post_init__(self) -> None:
        if not _PIN.fullmatch(self.pin):
            raise ValueError("a PIN is 4 to 8 digits")

    def __repr__(self) -> str:
        return "EnterPin(****)"

    @property
    def text(self) -> str:
        """The command line."""
        return f'AT+CPIN="{self.pin}"'

    @property
    def shown(self) -> str:
        """Without the PIN."""
        return "AT+CPIN=****"


@dataclass(frozen=True, slots=True)
class ReadPinTries(Command[int]):
    """AT+SPIC: tries left for PIN1 before the SIM asks for the PUK."""

    answers: ClassVar[tuple[str, ...]] = ("+SPIC",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+SPIC"

    def parse(self, lines: Sequence[str]) -> int:
        """Tries left."""
        return number_at(self, only_line(self, lines), 0)


@dataclass(frozen=True, slots=True)
class ReadSignal(Command[int | None]):
    """AT+CSQ (3.2.2): received signal strength."""

    answers: ClassVar[tuple[str, ...]] = ("+CSQ",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CSQ"

    def parse(self, lines: Sequence[str]) -> int | None:
        """dBm, None when the modem does not know it."""
        return parse_signal(only_line(self, lines))


def parse_signal(line: str) -> int | None:
    """dBm of a `+CSQ:` line: -113 + 2 * rssi; 99 is unknown, 100..191 is the TD-SCDMA scale (rssi - 216).
    Raises AnswerUnreadable."""
    field = split_fields(payload_of(line))[0]
    if not field.isdecimal():
        raise AnswerUnreadable(f"not a signal: {line!r}")
    rssi = int(field)
    if rssi <= 31:
        return -113 + 2 * rssi
    return rssi - 216 if 100 <= rssi <= 191 else None


@dataclass(frozen=True, slots=True)
class Operator:
    """The network's name as the modem tells it, and its access technology (3GPP numbers), None when not told."""

    name: str
    access: int | None


@dataclass(frozen=True, slots=True)
class ReadOperator(Command[Operator]):
    """AT+COPS? (4.2.2). Without a network the answer is `+COPS: 0`."""

    timeout: ClassVar[float] = CALL_SECONDS
    answers: ClassVar[tuple[str, ...]] = ("+COPS",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+COPS?"

    def parse(self, lines: Sequence[str]) -> Operator:
        """The name is "" without a network; a doubled one ("Cell C  Cell C") is halved."""
        fields = split_fields(payload_of(only_line(self, lines)))
        name = fields[2] if len(fields) > 2 else ""
        half = len(name) // 2
        if half and name[:half].strip() == name[half:].strip():
            name = name[:half].strip()
        access = fields[3] if len(fields) > 3 else ""
        return Operator(name, int(access) if access.isdecimal() else None)


@dataclass(frozen=True, slots=True)
class ReadRegistration(Command[int]):
    """AT+CREG? or AT+CEREG? (4.2.1): circuit-switched or LTE registration."""

    lte: bool

    @property
    def answers(self) -> tuple[str, ...]:  # type: ignore[override]
        """One of the two prefixes."""
        return ("+CEREG",) if self.lte else ("+CREG",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CEREG?" if self.lte else "AT+CREG?"

    def parse(self, lines: Sequence[str]) -> int:
        """0 not, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming, 6 and more: no calls."""
        return number_at(self, only_line(self, lines), 1)


@dataclass(frozen=True, slots=True)
class ReadMode(Command[int]):
    """AT+CNSMOD? (4.2.14): the access technology in use."""

    answers: ClassVar[tuple[str, ...]] = ("+CNSMOD",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CNSMOD?"

    def parse(self, lines: Sequence[str]) -> int:
        """SIMCom's number, 0 for no service."""
        return number_at(self, only_line(self, lines), 1)


@dataclass(frozen=True, slots=True)
class ReadClock(Command[str]):
    """AT+CCLK? (3.2.4): the module's clock."""

    answers: ClassVar[tuple[str, ...]] = ("+CCLK",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CCLK?"

    def parse(self, lines: Sequence[str]) -> str:
        """`yy/MM/dd,hh:mm:ss+zz`, zone in quarters of an hour; 80/01/06 and no zone before the network told."""
        return payload_of(only_line(self, lines)).strip('"')


IDENTITY: dict[str, str] = {
    "manufacturer": "+CGMI",
    "model": "+CGMM",
    "firmware": "+CGMR",
    "imei": "+CGSN",
}


@dataclass(frozen=True, slots=True)
class ReadIdentity(Command[str]):
    """AT+CGMI, CGMM, CGMR, CGSN: one line, with or without a prefix."""

    bare: ClassVar[bool] = True
    what: str
    """A key of IDENTITY."""

    @property
    def answers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Firmware answers `+CGMR: LE20...`, the others a bare line."""
        return (IDENTITY[self.what],)

    @property
    def text(self) -> str:
        """The command line."""
        return f"AT{IDENTITY[self.what]}"

    def parse(self, lines: Sequence[str]) -> str:
        """The line without its prefix."""
        line = only_line(self, lines)
        return payload_of(line) if line.startswith(IDENTITY[self.what]) else line
