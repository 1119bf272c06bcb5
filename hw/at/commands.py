"""One class per AT command: its text, its own time limit, and what its answer means.

Time limits: the manual states 120 s for CHUP, CVHU, CLCC and CRC and none for most others; a busy module takes 3-4 s
for a plain command. The limits here are those that drivers in the field live with. Arguments are numbers, enumerations
or checked digits, so no text from outside can reach the line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from hw.at.grammar import payload_of, split_fields
from hw.errors import ModemError

T = TypeVar("T")

PLAIN_SECONDS = 5.0
CALL_SECONDS = 15.0

_PIN = re.compile(r"[0-9]{4,8}")


class AnswerUnreadable(ModemError):
    """The modem said OK, but what it said before makes no sense."""


class Command(Generic[T]):
    """What every command states about itself. `parse` gets the answer's lines, without the final result."""

    timeout: ClassVar[float] = PLAIN_SECONDS
    abortable: ClassVar[bool] = False
    answers: ClassVar[tuple[str, ...]] = ()
    bare: ClassVar[bool] = False
    dials: ClassVar[bool] = False
    prompts: ClassVar[bool] = False
    insists: ClassVar[bool] = False
    max_lines: ClassVar[int] = 64
    """Lines kept of the answer."""

    @property
    def text(self) -> str:
        """The command line, without CR."""
        raise NotImplementedError

    @property
    def body(self) -> bytes:
        """What follows the prompt of a command that `prompts`, with its end."""
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """The command line as it may be logged."""
        return self.text

    def parse(self, lines: Sequence[str]) -> T:
        """The typed answer. Raises AnswerUnreadable."""
        raise NotImplementedError


class Order(Command[None]):
    """A command that is answered by OK alone; lines before it do not matter."""

    def parse(self, lines: Sequence[str]) -> None:  # noqa: ARG002
        """Nothing to read."""
        return


@dataclass(frozen=True, slots=True)
class Attention(Order):
    """AT: are you there?"""

    @property
    def text(self) -> str:
        """The command line."""
        return "AT"


@dataclass(frozen=True, slots=True)
class Probe(Order):
    """AT to a modem that has just failed to answer. An answer to an earlier one will do, so it is asked often."""

    timeout: ClassVar[float] = 2.25

    @property
    def text(self) -> str:
        """The command line."""
        return "AT"


@dataclass(frozen=True, slots=True)
class Mark(Order):
    """A question whose answer is known by its prefix: a final result without it belongs to an earlier command."""

    timeout: ClassVar[float] = 10.0
    insists: ClassVar[bool] = True
    name: str
    """A key of MARKS."""

    @property
    def answers(self) -> tuple[str, ...]:  # type: ignore[override]
        """The prefix."""
        return (self.name,)

    @property
    def text(self) -> str:
        """The command line."""
        return MARKS[self.name]


MARKS: dict[str, str] = {"+CGMR": "AT+CGMR", "+CPCMREG": "AT+CPCMREG?"}


@dataclass(frozen=True, slots=True)
class Setting(Order):
    """A parameter set to numbers or to one of the named words: `name` and `values` come from our own tables only."""

    name: str
    values: tuple[int | str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(\+[A-Z]+|E)", self.name):
            raise ValueError(f"not a parameter: {self.name!r}")
        if any(isinstance(value, str) and not re.fullmatch(r"[A-Z0-9]{1,8}", value) for value in self.values):
            raise ValueError(f"not plain words: {self.values!r}")

    @property
    def text(self) -> str:
        """The command line: numbers bare, words quoted; ATE takes its number without `=`."""
        values = ",".join(f'"{value}"' if isinstance(value, str) else str(value) for value in self.values)
        return f"AT{self.name}{values}" if self.name == "E" else f"AT{self.name}={values}"


@dataclass(frozen=True, slots=True)
class Answer(Order):
    """ATA (manual, 2.2.3). With nothing to answer it ends with NO CARRIER."""

    timeout: ClassVar[float] = CALL_SECONDS
    abortable: ClassVar[bool] = True
    dials: ClassVar[bool] = True

    @property
    def text(self) -> str:
        """The command line."""
        return "ATA"


@dataclass(frozen=True, slots=True)
class HangUp(Order):
    """AT+CHUP (5.2.2): ends or rejects every call. ATH is no substitute: it only works with CVHU=0."""

    timeout: ClassVar[float] = CALL_SECONDS

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CHUP"


@dataclass(frozen=True, slots=True)
class SetFunctions(Order):
    """AT+CFUN (3.2.1): the radio off and on again, the module stays on the bus."""

    timeout: ClassVar[float] = CALL_SECONDS
    FULL: ClassVar[int] = 1
    RADIO_OFF: ClassVar[int] = 4
    level: int

    @property
    def text(self) -> str:
        """The command line."""
        return f"AT+CFUN={self.level:d}"


@dataclass(frozen=True, slots=True)
class Reset(Order):
    """AT+CRESET (3.2.12): OK, then the module leaves the bus for 14 to 23 s."""

    timeout: ClassVar[float] = CALL_SECONDS

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CRESET"


@dataclass(frozen=True, slots=True)
class SetSound(Order):
    """AT+CPCMREG (5.2.25): sound over USB on or off. Off is `0,1`, which also frees the endpoint at once."""

    on: bool

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CPCMREG=1" if self.on else "AT+CPCMREG=0,1"


@dataclass(frozen=True, slots=True)
class ReadSound(Command[bool]):
    """Whether sound over USB is on."""

    answers: ClassVar[tuple[str, ...]] = ("+CPCMREG",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CPCMREG?"

    def parse(self, lines: Sequence[str]) -> bool:
        """True when on."""
        return _number(self, _one(self, lines), 0) == 1


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
        return payload_of(_one(self, lines)).upper()


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
        return _number(self, _one(self, lines), 0)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call as the modem lists it (3GPP TS 27.007, 7.18)."""

    call_id: int
    incoming: bool
    state: int
    """0 active, 1 held, 2 dialing, 3 alerting, 4 incoming, 5 waiting, 6 over."""
    voice: bool
    number: str
    """As written, "" when missing."""
    number_type: str = ""


def parse_call_row(line: str) -> CallRow:
    """A `+CLCC:` line, as answer or URC. Raises AnswerUnreadable."""
    fields = split_fields(payload_of(line))
    numbers = [int(field) for field in fields[:4] if field.isascii() and field.isdecimal()]
    if len(numbers) != 4:
        raise AnswerUnreadable(f"not a call row: {line!r}")
    call_id, direction, state, mode = numbers
    number, number_type = (*fields[5:7], "", "")[:2]
    return CallRow(call_id, direction == 1, state, mode == 0, number, number_type)


@dataclass(frozen=True, slots=True)
class ListCalls(Command[tuple[CallRow, ...]]):
    """AT+CLCC (5.2.14): the calls the modem knows of, none when idle."""

    answers: ClassVar[tuple[str, ...]] = ("+CLCC",)

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CLCC"

    def parse(self, lines: Sequence[str]) -> tuple[CallRow, ...]:
        """Rows in the modem's order; a URC of the same form inside the answer is among them, in its place."""
        return tuple(parse_call_row(line) for line in lines)


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
        return parse_signal(_one(self, lines))


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
        fields = split_fields(payload_of(_one(self, lines)))
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
        return _number(self, _one(self, lines), 1)


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
        return _number(self, _one(self, lines), 1)


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
        return payload_of(_one(self, lines)).strip('"')


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
        line = _one(self, lines)
        return payload_of(line) if line.startswith(IDENTITY[self.what]) else line


def _one(command: Command[T], lines: Sequence[str]) -> str:
    if not lines:
        raise AnswerUnreadable(f"{command.shown}: OK without an answer")
    return lines[-1]


def _number(command: Command[T], line: str, place: int) -> int:
    fields = split_fields(payload_of(line))
    if len(fields) <= place or not fields[place].isdecimal():
        raise AnswerUnreadable(f"{command.shown}: unreadable answer {line!r}")
    return int(fields[place])
