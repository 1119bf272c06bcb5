"""A scripted modem behind a BytePort in memory. It keeps the port's contract and checks that the driver keeps its own:
one command at a time, ended by CR, nothing after close."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence

from hw.errors import PortLost

Reply = str | Sequence[str] | Callable[["FakeModem"], str] | None

IDLE_READ = 1.0

HEALTHY: dict[str, Reply] = {
    "AT+CGMI": "SIMCOM INCORPORATED|OK",
    "AT+CGMM": "SIMCOM_SIM7600G-H|OK",
    "AT+CGMR": "+CGMR: LE20B03SIM7600M22|OK",
    "AT+CGSN": "867584030000000|OK",
    "AT+CPIN?": "+CPIN: READY|OK",
    "AT+CSQ": "+CSQ: 20,99|OK",
    "AT+CREG?": "+CREG: 1,1|OK",
    "AT+CEREG?": "+CEREG: 1,1|OK",
    "AT+COPS?": '+COPS: 0,0,"MTS RUS",7|OK',
    "AT+CNSMOD?": "+CNSMOD: 1,8|OK",
    "AT+CPCMREG?": "+CPCMREG: 0|OK",
    "AT+SPIC": "+SPIC: 3,10,3,10|OK",
}
"""Answers by command; `|` separates lines, a list gives one answer after the other (the last one stays), None says
nothing at all. Whatever is not named is answered OK."""


class FakeModem:
    """Answers as told after `delay` seconds of loop time; `say` speaks unasked."""

    def __init__(self, replies: dict[str, Reply] | None = None, *, delay: float = 0.01, chunk: int = 4096) -> None:
        self.replies: dict[str, Reply] = {**HEALTHY, **(replies or {})}
        self.delay = delay
        self.sent: list[str] = []
        self.sent_at: list[float] = []
        self.echo = True
        self.closed = False
        self._chunk = chunk
        self._out: deque[int] = deque()
        self._some = asyncio.Event()
        self._lost: PortLost | None = None
        self._open_answers = 0
        self._reading = False

    async def read(self) -> bytes:
        assert not self.closed, "read after close"
        assert not self._reading, "two readers on one port"
        self._reading = True
        try:
            if not self._out and self._lost is None:
                self._some.clear()
                try:
                    async with asyncio.timeout(IDLE_READ):
                        await self._some.wait()
                except TimeoutError:
                    return b""
            if self._lost is not None:
                raise self._lost
            size = min(self._chunk, len(self._out))
            return bytes(self._out.popleft() for _ in range(size))
        finally:
            self._reading = False

    async def write(self, data: bytes) -> None:
        assert not self.closed, "write after close"
        if self._lost is not None:
            raise self._lost
        assert data.endswith(b"\r"), f"a command without CR: {data!r}"
        assert data.count(b"\r") == 1, f"more than one command: {data!r}"
        command = data[:-1].decode("ascii")
        assert re.fullmatch(r"[\x20-\x7e]+", command), f"control characters: {command!r}"
        loop = asyncio.get_running_loop()
        self.sent.append(command)
        self.sent_at.append(loop.time())
        if self.echo:
            self._push(data)
        if command == "ATE0":
            self.echo = False
        reply = self._reply(command)
        if reply is not None:
            loop.call_later(self.delay, self.say, reply)

    async def close(self) -> None:
        self.closed = True

    def say(self, lines: str) -> None:
        """Lines as the modem frames them, `|` between them."""
        self.raw(b"".join(b"\r\n" + line.encode() + b"\r\n" for line in lines.split("|")))

    def raw(self, data: bytes) -> None:
        if not self.closed:
            self._push(data)

    def later(self, seconds: float, lines: str) -> None:
        """Says it after a while."""
        asyncio.get_running_loop().call_later(seconds, self.say, lines)

    def unplug(self) -> None:
        self._lost = PortLost("reading failed: [Errno 5] Input/output error")
        self._some.set()

    def count(self, command: str) -> int:
        return self.sent.count(command)

    def _push(self, data: bytes) -> None:
        self._out.extend(data)
        self._some.set()

    def _reply(self, command: str) -> str | None:
        reply = self.replies.get(command, "OK")
        if callable(reply):
            return reply(self)
        if reply is None or isinstance(reply, str):
            return reply
        rest = list(reply)
        if len(rest) > 1:
            self.replies[command] = rest[1:]
        return rest[0]
