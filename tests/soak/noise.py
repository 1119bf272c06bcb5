"""Random bytes into everything that reads the AT port: nothing may raise, nothing may grow, nothing may be made of what
nobody said, and the first good line afterwards is understood."""

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Final

from hw.at.commands import Attention, Command, ListCalls
from hw.at.commands_network import ReadRegistration
from hw.at.protocol import MAX_LINE, PATIENCE, AtProtocol, Info, Line, Urc
from hw.at.protocol import Final as FinalResult
from hw.modem.call_table import Phase
from hw.modem.calls import MAX_UNREPORTED, MAX_WAITING, CallTracker
from hw.modem.events import Fact, Ringing
from hw.modem.network import NetworkTracker

CRUMBS: Final = (
    b"\r\n|\r|\n|\0|RING|+CRING: VOICE|VOICE CALL: BEGIN|VOICE CALL: END|NO CARRIER|MISSED_CALL: 08:48AM |+CCWA: |OK|"
    b"ERROR|+CME ERROR: |+CSQ: |+CREG: |+CPIN: READY|+RXDTMF: 5|> |RDY|+CUSD: |+CLCC: 1,1,0,0,0|,"
)
PIECES: Final = (*CRUMBS.split(b"|"), b'"', b'+CLIP: "+7', b'",145,,,,0', b'+CMTI: "ME",', b"+CMT: ,20", b"0791" * 8)
"""What a modem says, in crumbs: pure noise hardly ever makes a line."""
CHUNK: Final = 4096
ENDLESS: Final = 0.1
"""Of the pure noise has no end of a line."""
MOST_FACTS: Final = 3
"""Of one line: the end of a call, the ring of another, its caller."""
MOST_BYTES: Final = 64 * 1024
"""All that parser and trackers may hold together: a line of MAX_LINE and its carrier, a handful of callers."""
OPAQUE: Final = (type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)


@dataclass(slots=True)
class Flood:
    """What came of the bytes."""

    lines: int = 0
    facts: int = 0
    held: int = 0
    """The most bytes that parser and trackers held together, after any chunk."""
    checks: int = 0
    """Times that the good lines afterwards were understood."""


class Readers:
    """All that reads what the AT port says."""

    def __init__(self) -> None:
        self.protocol, self.calls, self.network = AtProtocol(), CallTracker(), NetworkTracker()
        self.now = 0.0

    def read(self, data: bytes) -> tuple[list[Line], list[Fact]]:
        """As the session does: the lines, and the facts that are made of them."""
        lines, facts = self.protocol.feed(data), list[Fact]()
        for line in lines:
            self.now += 0.05
            self.calls.tick(self.now)  # what the clock alone tells (nobody rings any more) is not counted
            if isinstance(line, Urc):
                facts += self.calls.line(line.text, self.now)
                facts += self.network.line(line.text)
        return lines, facts

    def held(self) -> int:
        """Bytes of all that these hold."""
        seen: dict[int, object] = {}
        left: list[object] = [self.protocol, self.calls, self.network]
        while left:
            each = left.pop()
            if id(each) not in seen and not isinstance(each, OPAQUE):
                seen[id(each)] = each
                left += gc.get_referents(each)
        return sum(sys.getsizeof(each) for each in seen.values())


def flood(count: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> Flood:
    """Feeds `count` bytes. Raises AssertionError where something grows, is made up, or is not understood afterwards."""
    chance, readers, tally, fed = Random(seed), Readers(), Flood(), 0
    asked: list[Command[object] | None] = [None, Attention(), ListCalls(), ReadRegistration(lte=False)]  # type: ignore[list-item]
    while fed < count:
        command = chance.choice(asked)
        readers.protocol.abandon()
        if command is not None:
            readers.protocol.begin(command)
        pure = chance.random() < 0.5
        data = chance.randbytes(CHUNK) if pure else b"".join(chance.choices(PIECES, k=CHUNK // 6))
        if pure and chance.random() < ENDLESS:
            data = data.replace(b"\n", b"")
        _feed(readers, data, chance, tally, pure=pure)
        fed += len(data)
        progress(fed)
    return tally


def _feed(readers: Readers, data: bytes, chance: Random, tally: Flood, *, pure: bool) -> None:
    _understood(readers, tally)
    readers.protocol.feed(b"\r\n")
    at = 0
    while at < len(data):
        size = chance.choice((1, 3, 64, 500))
        lines, facts = readers.read(data[at : at + size])
        assert len(facts) <= MOST_FACTS * len(lines), f"{len(facts)} facts of {len(lines)} lines"
        assert not (pure and facts), f"made of pure noise: {facts}"
        tally.lines, tally.facts, at = tally.lines + len(lines), tally.facts + len(facts), at + size
    kept = len(readers.protocol._buffer), len(readers.calls._waiting), len(readers.calls._unreported)
    held = readers.held()
    assert all(map(int.__le__, kept, (MAX_LINE, MAX_WAITING, MAX_UNREPORTED))), f"too much is kept: {kept}"
    assert held <= MOST_BYTES, f"too much is kept: {held} bytes"
    tally.held = max(tally.held, held)


def _understood(readers: Readers, tally: Flood) -> None:
    """Whatever came before: a ring, a question and its answer."""
    protocol = readers.protocol
    protocol.abandon()
    readers.read(b"\r\n" + b"x\r\n" * PATIENCE)  # the end of a line that was cut, and of a message that nobody carried
    readers.now += 60.0
    readers.calls.lost("a new start", readers.now)
    lines, facts = readers.read(b"\r\nRING\r\n")
    assert (lines, facts, readers.calls.phase) == ([Urc("RING")], [Ringing()], Phase.RINGING), (
        f"not understood: {lines}"
    )
    protocol.begin(ReadRegistration(lte=False))
    lines = protocol.feed(b"\r\n+CREG: 0,5\r\n\r\nOK\r\n")
    assert lines == [Info("+CREG: 0,5"), FinalResult("OK", accepted=True)], f"not understood: {lines}"
    tally.checks += 1
