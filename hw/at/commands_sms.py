"""Commands about messages (manual, chapter 9), in PDU mode. Nothing of a message's text can reach a command line: a PDU
is hexadecimal, and it goes as the body behind a prompt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from hw.at.commands import AnswerUnreadable, Command, Order
from hw.at.grammar import payload_of, split_fields

READ_SECONDS: Final = 10.0
LIST_SECONDS: Final = 30.0
SEND_SECONDS: Final = 65.0
"""The network may take 60 s."""
MAX_INDEX: Final = 999
MEMORIES: Final = ("ME", "SM", "SR")
"""The module's flash, the SIM, status reports."""

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){8,255}")
END_OF_BODY: Final = b"\x1a"


@dataclass(frozen=True, slots=True)
class Room:
    """How full a memory is."""

    used: int
    total: int


@dataclass(frozen=True, slots=True)
class StoredPdu:
    """One message as the module keeps it. `length` is what it says of the octets after the service centre; `pdu` is ""
    where the line is missing or is no PDU."""

    index: int
    state: int
    length: int
    pdu: str


@dataclass(frozen=True, slots=True)
class SelectMemory(Command[Room]):
    """AT+CPMS (9.2.2): the memory that is listed, read and deleted from; where new messages go stays as it is."""

    timeout: ClassVar[float] = READ_SECONDS
    answers: ClassVar[tuple[str, ...]] = ("+CPMS",)
    memory: str

    def __post_init__(self) -> None:
        if self.memory not in MEMORIES:
            raise ValueError(f"not a memory: {self.memory!r}")

    @property
    def text(self) -> str:
        """The command line."""
        return f'AT+CPMS="{self.memory}"'

    def parse(self, lines: Sequence[str]) -> Room:
        """Of the selected memory."""
        fields = split_fields(payload_of(lines[-1])) if lines else ()
        numbers = [int(field) for field in fields[:2] if _is_number(field)]
        if len(numbers) != 2:
            raise AnswerUnreadable(f"{self.text}: unreadable answer {lines!r}")
        return Room(*numbers)


@dataclass(frozen=True, slots=True)
class ListMessages(Command[tuple[StoredPdu, ...]]):
    """AT+CMGL=4 (9.2.6): all messages of the selected memory."""

    timeout: ClassVar[float] = LIST_SECONDS
    answers: ClassVar[tuple[str, ...]] = ("+CMGL",)
    bare: ClassVar[bool] = True
    max_lines: ClassVar[int] = 2 * 256

    @property
    def text(self) -> str:
        """The command line."""
        return "AT+CMGL=4"

    def parse(self, lines: Sequence[str]) -> tuple[StoredPdu, ...]:
        """In the modem's order. A head that makes no sense is left out: its message is still in the memory."""
        found: list[StoredPdu] = []
        for place, line in enumerate(lines):
            if line.startswith("+CMGL:"):
                fields = split_fields(payload_of(line))
                if len(fields) >= 3 and _is_number(fields[0]):
                    found.append(_stored(int(fields[0]), fields[1], fields[-1], lines[place + 1 : place + 2]))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ReadMessage(Command[StoredPdu | None]):
    """AT+CMGR (9.2.7). None for an empty place: some firmware answers OK alone, some +CMS ERROR 321."""

    timeout: ClassVar[float] = READ_SECONDS
    answers: ClassVar[tuple[str, ...]] = ("+CMGR",)
    bare: ClassVar[bool] = True
    index: int

    def __post_init__(self) -> None:
        _check_index(self.index)

    @property
    def text(self) -> str:
        """The command line."""
        return f"AT+CMGR={self.index:d}"

    def parse(self, lines: Sequence[str]) -> StoredPdu | None:
        """The message. Raises AnswerUnreadable where there is one that cannot be taken for a PDU."""
        for place, line in enumerate(lines):
            if line.startswith("+CMGR:"):
                fields = split_fields(payload_of(line))
                stored = _stored(self.index, fields[0], fields[-1], lines[place + 1 : place + 2])
                if stored.pdu:
                    return stored
                raise AnswerUnreadable(f"{self.text}: no PDU in the answer")
        return None


@dataclass(frozen=True, slots=True)
class DeleteMessage(Order):
    """AT+CMGD (9.2.5): one message of the selected memory."""

    timeout: ClassVar[float] = READ_SECONDS
    index: int

    def __post_init__(self) -> None:
        _check_index(self.index)

    @property
    def text(self) -> str:
        """The command line."""
        return f"AT+CMGD={self.index:d}"


@dataclass(frozen=True, slots=True)
class SendMessage(Command[int]):
    """AT+CMGS (9.2.13) with the PDU behind the prompt. The answer is the message's reference, which a status report
    repeats. Once the body went out, no answer does not mean that the message was not sent."""

    timeout: ClassVar[float] = SEND_SECONDS
    answers: ClassVar[tuple[str, ...]] = ("+CMGS",)
    prompts: ClassVar[bool] = True
    pdu: bytes
    length: int
    """Octets after the service centre."""

    def __post_init__(self) -> None:
        if not 0 < self.length < len(self.pdu) <= 255:
            raise ValueError("not a message's length")

    @property
    def text(self) -> str:
        """The command line."""
        return f"AT+CMGS={self.length:d}"

    @property
    def body(self) -> bytes:
        """What follows the prompt."""
        return self.pdu.hex().upper().encode("ascii") + END_OF_BODY

    def parse(self, lines: Sequence[str]) -> int:
        """The reference, 0 to 255."""
        reference = reference_of(lines[-1]) if lines else None
        if reference is None:
            raise AnswerUnreadable(f"{self.text}: unreadable answer {lines!r}")
        return reference


def reference_of(line: str) -> int | None:
    """The number of a `+CMGS:` line, None where there is none."""
    field = split_fields(payload_of(line))[0]
    return int(field) % 256 if line.startswith("+CMGS:") and _is_number(field) else None


def place_of(line: str) -> tuple[str, int] | None:
    """Memory and index of a `+CMTI:` or `+CDSI:` line (9.3), None where it names none. MT is ME or SM, so ME."""
    fields = split_fields(payload_of(line))
    if len(fields) < 2 or not _is_number(fields[1]) or int(fields[1]) > MAX_INDEX:
        return None
    memory = "ME" if fields[0] == "MT" else fields[0]
    return (memory, int(fields[1])) if memory in MEMORIES else None


def _stored(index: int, state: str, length: str, rest: Sequence[str]) -> StoredPdu:
    pdu = rest[0].strip() if rest and _HEX.fullmatch(rest[0].strip()) else ""
    return StoredPdu(
        index, int(state) if _is_number(state) else -1, int(length) if _is_number(length) else -1, pdu.upper()
    )


def _is_number(field: str) -> bool:
    return field.isascii() and field.isdecimal() and len(field) <= 5


def _check_index(index: int) -> None:
    if not 0 <= index <= MAX_INDEX:
        raise ValueError(f"not an index: {index}")
