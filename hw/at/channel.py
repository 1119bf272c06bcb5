"""Commands one at a time over one port, URCs in order beside them, and the way back after a timeout.

AT answers carry no sequence number, so after a timeout the next OK may belong to the command before. The channel then
is poisoned: it drains, says AT until OK, and asks a question whose answer has a prefix of its own; when that comes, all
that was owed before it has come too, because the modem answers in order. A command whose sender went away (cancelled)
poisons it likewise; the modem may be busy with it for as long as its own time allows, and is not silent before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, NoReturn, TypeVar

from hw.at.commands import MARKS, Command, Mark, Probe
from hw.at.protocol import AtProtocol, Echo, Info, Line, Prompt, Stray, Urc
from hw.at.protocol import Final as FinalResult
from hw.errors import CommandRefused, CommandTimeout, ModemError, PortLost
from hw.ports import BytePort

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_WAITING: Final = 16
"""Commands that may stand in line; more is a fault of the caller."""
PROMPT_SECONDS: Final = 8.0
"""From a command that asks for a body to its prompt."""
ESCAPE: Final = b"\x1b"
"""Ends the wait for a body without sending it (manual, 9.2.13); elsewhere it means nothing."""
GAP_SECONDS: Final = 0.05
"""Pause between a final result and the next command, so that URCs can come out (SIMCom advises up to 0.1 s)."""
QUIET_SECONDS: Final = 0.3
"""Silence that ends a drain."""
DRAIN_SECONDS: Final = 2.0
ATTENTION_TRIES: Final = 4
MARK_ROUNDS: Final = 2
MARK_SILENCES: Final = 2
"""So many of them in a row without a single byte, and it has fallen silent after all."""


class ModemSilent(PortLost):
    """The port is there but nothing answers AT any more."""


class _Exchange(Generic[T]):
    """One command in flight."""

    def __init__(self, command: Command[T], on_answer: Callable[[T], None] | None) -> None:
        self.command = command
        self.lines: list[str] = []
        self._on_answer = on_answer
        self.done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.prompted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish(self, final: FinalResult) -> None:
        """Parses and hands over within the order of the line, before any URC that follows is delivered."""
        if self.done.done():
            return
        try:
            if not final.accepted:
                raise CommandRefused(self.command.shown, refusal_code(final.text))
            answer = self.command.parse(self.lines)
            if self._on_answer is not None:
                self._on_answer(answer)
        except ModemError as error:
            self.done.set_exception(error)
        else:
            self.done.set_result(answer)


def refusal_code(text: str) -> str:
    """`SIM busy` of `+CME ERROR: SIM busy`; ERROR and NO CARRIER as they are."""
    head, colon, words = text.partition(":")
    return words.strip() if colon and head.startswith("+CM") and words.strip() else text


class AtChannel:
    """The AT side of one port; used once. `run` must be running for `send` to end."""

    def __init__(
        self,
        port: BytePort,
        on_urc: Callable[[str], None],
        on_echo: Callable[[], None] = lambda: None,
        on_stray: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_urc` gets every URC in order, from the reading task; it must not block and must not raise."""
        self._port = port
        self._on_urc = on_urc
        self._on_echo = on_echo
        self._on_stray = on_stray
        self._protocol = AtProtocol()
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._exchange: _Exchange[Any] | None = None
        self._poisoned = asyncio.Event()
        self._failed = asyncio.Event()
        self._failure: PortLost | None = None
        self._poisoner: Command[Any] | None = None
        """The command that began it; what is given up on the way back changes nothing about it."""
        self._owed: set[str] = set()
        """Prefixes of answers that may still come."""
        self._busy_until = float("-inf")
        """So long the modem may be busy with what was given up."""
        self._last_final = float("-inf")
        self.heard_at = float("-inf")
        """Loop time of the last byte."""
        self.answered_at = float("-inf")
        """Loop time of the last final result to a command of ours."""
        self.timeouts = 0
        self.resyncs = 0
        self.refused = 0
        self.strays = 0
        self.bytes_in = 0

    async def run(self) -> NoReturn:
        """Reads until the port is lost or the modem falls silent, then raises that PortLost; everyone who waits in
        `send` gets it too."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(), name="at.pump")
                group.create_task(self._mend(), name="at.mend")
                await self._failed.wait()
                raise self._failure or PortLost("the channel failed")
        except BaseExceptionGroup as many:
            # The group wraps even the single exception of its body; there is one story to tell.
            lost, rest = many.split(PortLost)
            if rest is not None or lost is None:
                raise
            failure = self._failure or _first(lost)
            raise failure from None
        finally:
            self._fail(PortLost("the channel is closed"))

    async def send(
        self,
        command: Command[T],
        on_answer: Callable[[T], None] | None = None,
        on_body: Callable[[], None] = lambda: None,
    ) -> T:
        """Sends when its turn comes and returns the typed answer. `on_answer` gets it first, in order with the URCs;
        `on_body` is called just before a body goes out: from then on the command may have been obeyed.
        Raises CommandRefused, CommandTimeout, AnswerUnreadable, PortLost, and ModemError when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise ModemError(f"{command.shown}: {MAX_WAITING} commands are waiting already")
        self._waiting += 1
        try:
            async with self._turn:
                if self._poisoned.is_set():
                    await self._resync()
                return await self._perform(command, on_answer, on_body)
        except CommandRefused:
            self.refused += 1
            raise
        except CommandTimeout:
            self.timeouts += 1
            raise
        finally:
            self._waiting -= 1

    async def fall_in_step(self) -> None:
        """At the start: a module may still owe answers to whoever had the port before (a process that was killed, the
        time before the cable was pulled). Raises ModemSilent, PortLost."""
        async with self._turn:
            await self._get_in_step(self._until_mark)

    @property
    def in_flight(self) -> Command[Any] | None:
        """The command whose answer is waited for."""
        return self._exchange.command if self._exchange is not None else None

    async def _perform(
        self,
        command: Command[T],
        on_answer: Callable[[T], None] | None = None,
        on_body: Callable[[], None] = lambda: None,
    ) -> T:
        loop = asyncio.get_running_loop()
        if (pause := self._last_final + GAP_SECONDS - loop.time()) > 0:
            await asyncio.sleep(pause)
        if self._failure is not None:
            raise self._failure
        exchange: _Exchange[T] = _Exchange(command, on_answer)
        self._exchange = exchange
        until = loop.time() + command.timeout
        try:
            async with asyncio.timeout_at(until):
                await self._write(self._protocol.begin(command))
                if command.prompts:
                    await self._write_body(exchange, on_body)
                return await exchange.done
        except TimeoutError:
            self._poison(command)
            self._tell_half(exchange)
            raise CommandTimeout(f"{command.shown}: no answer within {command.timeout:g} s") from None
        except asyncio.CancelledError:
            self._poison(command, until)  # its answer is still to come
            self._tell_half(exchange)
            raise
        finally:
            if not exchange.done.cancel() and not exchange.done.cancelled():
                exchange.done.exception()  # seen, even when the timeout came first
            self._protocol.abandon()
            self._exchange = None

    def _tell_half(self, exchange: _Exchange[Any]) -> None:
        """The line that a message went out counts without its OK, as it does when it comes too late."""
        if exchange.command.prompts:
            for line in exchange.lines:
                self._on_urc(line)

    async def _write_body(self, exchange: _Exchange[Any], on_body: Callable[[], None]) -> None:
        """Nothing goes out without a prompt: the body would be taken for commands. Raises TimeoutError."""
        async with asyncio.timeout(PROMPT_SECONDS):
            await asyncio.wait({exchange.prompted, exchange.done}, return_when=asyncio.FIRST_COMPLETED)
        if not exchange.done.done():
            on_body()
            await self._write(exchange.command.body)

    def _poison(self, command: Command[Any], until: float = float("-inf")) -> None:
        if not self._poisoned.is_set():
            self._poisoner, self._busy_until = command, until
        self._owed.update(command.answers)
        self._poisoned.set()

    async def _write(self, data: bytes) -> None:
        if self._failure is not None:
            raise self._failure  # who waited for his turn meanwhile would write to a port that is closed
        try:
            await self._port.write(data)
        except PortLost as error:
            self._fail(error)
            raise

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while self._failure is None:
            try:
                data = await self._port.read()
            except PortLost as error:
                self._fail(error)
                return
            if data:
                self.heard_at = loop.time()
                self.bytes_in += len(data)
            for line in self._protocol.feed(data):
                self._take(line)

    def _take(self, line: Line) -> None:
        match line:
            case Urc(text):
                self._on_urc(text)
            case Info(text):
                if self._exchange is not None and len(self._exchange.lines) < self._exchange.command.max_lines:
                    self._exchange.lines.append(text)
            case FinalResult():
                self._finish(line)
            case Echo():
                self._on_echo()
            case Stray(text):
                self.strays += 1
                self._on_stray(text)
                logger.debug("a line that belongs to nothing", extra={"line": text})
            case Prompt():
                self._prompted()

    def _prompted(self) -> None:
        exchange = self._exchange
        if exchange is not None and exchange.command.prompts and not exchange.prompted.done():
            exchange.prompted.set_result(None)
        else:
            logger.debug("an unexpected prompt")

    def _finish(self, final: FinalResult) -> None:
        loop = asyncio.get_running_loop()
        self._last_final = self.answered_at = loop.time()
        if self._exchange is None:
            return
        command = self._exchange.command
        if command.dials and not final.accepted:
            # The caller may have hung up at the same moment: then NO CARRIER is the call's and the answer still comes.
            self._poison(command)
        self._exchange.finish(final)

    async def _mend(self) -> None:
        """Resynchronises at once when nobody else is about to."""
        while True:
            await self._poisoned.wait()
            async with self._turn:
                if self._poisoned.is_set():
                    await self._resync()

    async def _resync(self) -> None:
        self.resyncs += 1
        await self._get_in_step(self._drain, self._until_attention, self._until_mark)

    async def _get_in_step(self, *ways: Callable[[], Awaitable[None]]) -> None:
        try:
            for way in ways:
                await way()
        except ModemSilent as error:
            self._fail(error)
            raise
        self._owed.clear()
        self._poisoned.clear()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN_SECONDS
        while (now := loop.time()) < end and (rest := self.heard_at + QUIET_SECONDS - now) > 0:  # noqa: ASYNC110
            await asyncio.sleep(rest)

    async def _until_attention(self) -> None:
        tries, loop = 0, asyncio.get_running_loop()
        while tries < ATTENTION_TRIES or loop.time() < self._busy_until:
            tries += 1
            if self._poisoner is not None and self._poisoner.prompts:
                await self._write(ESCAPE)  # else what follows would be the text of a message
            try:
                await self._perform(Probe())
            except (CommandTimeout, CommandRefused):
                continue
            return
        raise ModemSilent(f"no OK to {tries} x AT")

    async def _until_mark(self) -> None:
        """Ends when an answer that cannot be a late one has come. The questions alternate, beginning with one that was
        not given up itself, so that a late answer to one is not taken for the next one's."""
        order = sorted(MARKS, key=lambda name: name in self._owed) * MARK_ROUNDS
        silences = 0
        for name in order:
            asked = asyncio.get_running_loop().time()
            try:
                await self._perform(Mark(name))
            except (CommandTimeout, CommandRefused):
                silences = 0 if self.heard_at > asked else silences + 1
                if silences == MARK_SILENCES:
                    break
                continue
            return
        raise ModemSilent("AT is answered, questions are not")

    def _fail(self, error: PortLost) -> None:
        if self._failure is None:
            self._failure = error
        self._failed.set()
        if self._exchange is not None and not self._exchange.done.done():
            self._exchange.done.set_exception(self._failure)


def _first(group: BaseExceptionGroup[PortLost]) -> PortLost:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
