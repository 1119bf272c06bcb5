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
        return number_at(self, only_line(self, lines), 0) == 1


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


def only_line(command: Command[T], lines: Sequence[str]) -> str:
    """The answer of a command that has one line; of several the last, since URCs of its name come before it. Raises
    AnswerUnreadable."""
    if not lines:
        raise AnswerUnreadable(f"{command.shown}: OK without an answer")
    return lines[-1]


def number_at(command: Command[T], line: str, place: int) -> int:
    """The number in the field of that place. Raises AnswerUnreadable."""
    fields = split_fields(payload_of(line))
    if len(fields) <= place or not fields[place].isdecimal():
        raise AnswerUnreadable(f"{command.shown}: unreadable answer {line!r}")
    return int(fields[place])
