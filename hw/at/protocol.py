"""Bytes of the AT line in, classified lines out. Pure: no port, no clock, no task.

A line is an answer or a URC depending on which command is in flight, since the modem marks neither: `+CREG: 0,1`
answers AT+CREG?, `+CREG: 1` is news; `NO CARRIER` ends ATA, otherwise the caller hung up. URCs come between the lines
of an answer and between echo and answer; some end in a doubled CR.
"""

from dataclasses import dataclass
from typing import Final as Const
from typing import Protocol

from hw.at import grammar
from hw.at.dial import Dial

MAX_LINE: Const = 1024
"""Longest line kept, bytes; what is longer is garbage and is dropped up to its end. The longest true line is a status
report of some 400 characters."""


@dataclass(frozen=True, slots=True)
class Info:
    """A line of the answer that was asked for."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """The line that ends that answer. `accepted` is False for an error and for a call word that ended ATA."""

    text: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Urc:
    """The modem spoke unasked. The PDU that some carry on a second line follows a line feed."""

    text: str


@dataclass(frozen=True, slots=True)
class Echo:
    """The modem repeated the command: echo is on, as after every restart of the modem."""

    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """`> `: the modem waits for the body."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that belongs to nothing: a late answer, half a line, noise."""

    text: str


Line = Info | Final | Urc | Echo | Prompt | Stray


class Asked(Protocol):
    """What the protocol must know of the command in flight."""

    @property
    def text(self) -> str:
        """The command as it is sent, without CR."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Prefixes (`+CREG`) of the lines that answer it."""

    @property
    def bare(self) -> bool:
        """Whether lines without a prefix answer it (AT+CGMI and its like)."""

    @property
    def dials(self) -> bool:
        """Whether NO CARRIER and its like are final results of it (ATA)."""

    @property
    def prompts(self) -> bool:
        """Whether it asks for a body with `> `."""

    @property
    def insists(self) -> bool:
        """Whether a final result before its own answer line is a late one of another command."""


PATIENCE: Const = 3
"""Lines that may come between a URC and the PDU it carries."""


class CommandInFlight(Exception):
    """One command at a time: the one in flight has had no final result."""


class AtProtocol:
    """One line discipline for one port; used once. Memory is bounded by MAX_LINE whatever comes in."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False
        self._asked: Asked | None = None
        self._informed = False
        self._carrier = ""
        self._patience = 0
        self.overlong = 0

    def begin(self, command: Asked) -> bytes:
        """The bytes to send. Raises CommandInFlight, and ValueError for text that is no single AT command line, or that
        would make a call without being the one command that may."""
        if self._asked is not None:
            raise CommandInFlight(self._asked.text)
        if not grammar.COMMAND.fullmatch(command.text):
            raise ValueError(f"not an AT command line: {command.text!r}")
        if grammar.dials_out(command.text) and type(command) is not Dial:
            raise ValueError(f"would dial past the policy: {command.text!r}")
        self._asked = command
        self._informed = False
        return command.text.encode("ascii") + b"\r"

    def abandon(self) -> None:
        """Gives the command in flight up: what still comes of it is Stray (or looks like a URC)."""
        self._asked = None

    def feed(self, data: bytes) -> list[Line]:
        """The lines completed by `data`, in order."""
        lines: list[Line] = []
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._keep(data[start:end])
            self._end_of_line(lines)
            start = end + 1
        self._keep(data[start:])
        if self._asked is not None and self._asked.prompts and bytes(self._buffer).lstrip(b"\r") == grammar.PROMPT:
            self._buffer.clear()
            lines.append(Prompt())
        return lines

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        if len(self._buffer) + len(part) > MAX_LINE:
            self._skipping = True
            self.overlong += 1
            self._buffer.clear()
        else:
            self._buffer += part

    def _end_of_line(self, lines: list[Line]) -> None:
        raw = bytes(self._buffer)
        self._buffer.clear()
        if self._skipping:
            self._skipping = False
            return
        # The echo ends in CR alone, so whatever follows without a line feed of its own would hang on to it.
        for part in self._split_echo(raw):
            text = part.replace(b"\r", b"").replace(b"\0", b"").decode("ascii", "replace").strip()
            if text:
                self._place(text, lines)

    def _place(self, text: str, lines: list[Line]) -> None:
        """Joins a URC of two lines; other lines may come between them."""
        if self._carrier and grammar.CARRIED.fullmatch(text):
            lines.append(Urc(f"{self._carrier}\n{text}"))
            self._carrier = ""
            return
        if self._carrier:
            self._patience -= 1
            if not self._patience:
                lines.append(Urc(self._carrier))
                self._carrier = ""
        line = self._classify(text)
        if isinstance(line, Urc) and text.startswith(grammar.CARRIERS):
            self._carrier, self._patience = text, PATIENCE
        else:
            lines.append(line)

    def _split_echo(self, raw: bytes) -> tuple[bytes, ...]:
        if self._asked is None:
            return (raw,)
        echo = self._asked.text.encode("ascii") + b"\r"
        before, found, after = raw.partition(echo)
        return (before, echo, after) if found else (raw,)

    def _classify(self, text: str) -> Line:
        if self._asked is None:
            return self._unasked(text)
        if text == self._asked.text:
            return Echo(text)
        if text == grammar.OK:
            return self._final(text, accepted=True)
        if grammar.REFUSALS.fullmatch(text) or (text in grammar.CALL_RESULTS and self._asked.dials):
            return self._final(text, accepted=False)
        if grammar.is_call_word(text) or text in grammar.BARE_URCS:
            return Urc(text)
        if (match := grammar.EXTENDED.match(text)) is None:
            return Info(text) if self._asked.bare else Stray(text)
        prefix = match[1]
        form = grammar.ANSWER_FORMS.get(prefix)
        if prefix in self._asked.answers and (form is None or form.fullmatch(grammar.payload_of(text))):
            self._informed = True
            return Info(text)
        return self._unasked(text)

    def _final(self, text: str, *, accepted: bool) -> Final | Stray:
        if self._asked is not None and self._asked.insists and not self._informed:
            return Stray(text)
        self._asked = None
        return Final(text, accepted)

    def _unasked(self, text: str) -> Line:
        if grammar.is_call_word(text) or text in grammar.BARE_URCS:
            return Urc(text)
        match = grammar.EXTENDED.match(text)
        if match is None or grammar.REFUSALS.fullmatch(text):
            return Stray(text)
        form = grammar.ANSWER_FORMS.get(match[1])
        if form is not None and form.fullmatch(grammar.payload_of(text)):
            return Stray(text)  # the late answer of a command that was given up
        return Urc(text)
