"""Random bytes into everything that reads the AT port: nothing may raise, and nothing may grow."""

from collections.abc import Callable
from random import Random
from typing import Final

from hw.at.commands import Attention, Command, ListCalls
from hw.at.commands_network import ReadRegistration
from hw.at.protocol import MAX_LINE, AtProtocol, Urc
from hw.modem.calls import CallTracker
from hw.modem.network import NetworkTracker

CRUMBS: Final = (
    b"\r\n|\r|\n|\0|RING|+CRING: VOICE|VOICE CALL: BEGIN|VOICE CALL: END|NO CARRIER|MISSED_CALL: 08:48AM |+CCWA: |OK|"
    b"ERROR|+CME ERROR: |+CSQ: |+CREG: |+CPIN: READY|+RXDTMF: 5|> |RDY|+CUSD: |+CLCC: 1,1,0,0,0|,"
)
PIECES: Final = (*CRUMBS.split(b"|"), b'"', b'+CLIP: "+7', b'",145,,,,0', b'+CMTI: "ME",')
"""What a modem says, in crumbs: pure noise hardly ever makes a line."""
CHUNK: Final = 4096


def flood(count: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> int:
    """Feeds `count` bytes; returns how many facts were made of them. Raises AssertionError where a buffer grows."""
    chance = Random(seed)
    protocol, calls, network = AtProtocol(), CallTracker(), NetworkTracker()
    facts, fed, now = 0, 0, 0.0
    asked: list[Command[object] | None] = [None, Attention(), ListCalls(), ReadRegistration(lte=False)]  # type: ignore[list-item]
    while fed < count:
        command = chance.choice(asked)
        protocol.abandon()
        if command is not None:
            protocol.begin(command)
        data = chance.randbytes(CHUNK) if chance.random() < 0.5 else b"".join(chance.choices(PIECES, k=CHUNK // 6))
        at = 0
        while at < len(data):
            size = chance.choice((1, 3, 64, 500))
            for line in protocol.feed(data[at : at + size]):
                now += 0.05
                if isinstance(line, Urc):
                    facts += len(calls.line(line.text, now)) + len(network.line(line.text))
                facts += len(calls.tick(now))
            at += size
        assert len(protocol._buffer) <= MAX_LINE
        assert len(calls._waiting) <= 16
        fed += len(data)
        progress(fed)
    return facts
