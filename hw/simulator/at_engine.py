"""The AT port's line discipline: bytes in, bytes out, one command at a time; time is an argument (PURE).

AT manual V3.00 section 1.4: echo is the raw command with its CR; an answer is CR LF text CR LF; the next command is
read only after the final result of the one before.
"""

import heapq
import itertools
from collections.abc import Callable
from random import Random

from hw.simulator.at_lexer import Command, LineRefused, parse_line
from hw.simulator.faults import FaultBoard
from hw.simulator.modem_state import Reply
from hw.simulator.profile import Profile

MAX_INPUT = 8192
MAX_HELD_URCS = 200
MAX_BODY = 1024

Action = Callable[[float], None]

_CR, _CTRL_Z, _ESC = 0x0D, 0x1A, 0x1B
_IGNORED = (0x00, 0x0A, _CTRL_Z, _ESC)
_ERASE = (0x08, 0x7F)


class AtEngine:
    """One AT port. Feed it, then poll it whenever `next_due()` has come."""

    def __init__(
        self, profile: Profile, faults: FaultBoard, rng: Random, execute: Callable[[Command, float], Reply]
    ) -> None:
        self._profile = profile
        self._faults = faults
        self._rng = rng
        self._execute = execute
        self._agenda: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._out = bytearray()
        self._seen = 0
        self.line_at = float("-inf")
        """When the line that is being executed was read."""
        self.on_answer: Action = lambda _: None
        """Called in the middle of every `signal_urc_every`-th answer."""
        self.reset()

    def reset(self) -> None:
        """Forgets everything that was going on; nothing scheduled before happens any more."""
        self.echo = True
        self.urcs_here = True
        self.busy = False
        self._agenda.clear()
        self._input = bytearray()
        self._line = bytearray()
        self._last_line = ""
        self._abortable = False
        self._running = 0
        self._body: Callable[[str, float], Reply] | None = None
        self._body_text = bytearray()
        self._held: list[bytes] = []

    # --- the door ---------------------------------------------------------------------------------------------

    def feed(self, data: bytes, now: float) -> None:
        """Bytes from the host; what does not fit into MAX_INPUT is lost."""
        if self._faults.on("hung"):
            return
        self._input += data[: MAX_INPUT - len(self._input)]
        if self.busy and self._abortable:
            self._input.clear()
            self._finish(now, "OK")
        self._read_input(now)

    def poll(self, now: float) -> bytes:
        """Does all that is due and returns the bytes for the host."""
        while self._agenda and self._agenda[0][0] <= now:
            due, _, action = heapq.heappop(self._agenda)
            action(due)
        out, self._out = bytes(self._out), bytearray()
        return out

    def next_due(self) -> float | None:
        """When poll has something to do again."""
        return self._agenda[0][0] if self._agenda else None

    def at(self, when: float, action: Action) -> None:
        """Does `action` at a time, unless a reset comes first; equal times keep their order."""
        heapq.heappush(self._agenda, (when, next(self._order), action))

    @property
    def silent(self) -> bool:
        """Whether a fault keeps everything from the host."""
        return self._faults.on("mute") or self._faults.on("hung")

    def raw(self, data: bytes) -> None:
        """Bytes to the host as they are."""
        if not self.silent:
            self._out += data

    def urc(self, text: str, *, doubled: bool = False, hold: bool = True) -> None:
        """An unsolicited line: now, or after the running answer where the profile keeps answers whole (`hold`)."""
        if not self.urcs_here:
            return
        end = b"\r\r\n" if doubled and self._profile.doubled_cr else b"\r\n"
        line = end + text.encode("latin-1", "replace") + end
        if self._faults.on("duplicate_urcs"):
            line *= 2
        if hold and self.busy and not self._profile.urcs_inside_answers:
            self._held = [*self._held, line][-MAX_HELD_URCS:]
        else:
            self.raw(line)

    def expect_body(self, action: Callable[[str, float], Reply]) -> None:
        """What comes next is a message body, up to Ctrl-Z (or ESC: cancelled); `action` then answers."""
        self._body = action

    # --- commands ----------------------------------------------------------------------------------------------

    def _read_input(self, now: float) -> None:
        while self._input and not self.busy:
            byte = self._input.pop(0)
            if self._body is not None:
                self._read_body(byte, now)
                continue
            if self.echo:
                self.raw(bytes((byte,)))
            if byte == _CR:
                line, self._line = self._line.decode("latin-1"), bytearray()
                self._start(line, now)
            elif byte in _ERASE:
                self._line = self._line[:-1]
            elif byte not in _IGNORED and len(self._line) < MAX_INPUT:
                self._line.append(byte)
                if self._line.upper() == b"A/":
                    self._line = bytearray()
                    self._start(self._last_line, now)

    def _read_body(self, byte: int, now: float) -> None:
        if byte not in (_CTRL_Z, _ESC):
            if self.echo:
                self.raw(b"\r\n> " if byte == _CR else bytes((byte,)))
            if len(self._body_text) < MAX_BODY:
                self._body_text.append(byte)
            return
        action, self._body = self._body, None
        text, self._body_text = self._body_text.decode("latin-1"), bytearray()
        self.busy = True
        if byte == _ESC or action is None:
            self._finish(now + self._latency(), "OK")  # AT manual 9.2.13: ESC is answered by OK
        else:
            self._answer(action(text, now), [], now + self._latency())

    def _latency(self) -> float:
        self._seen += 1
        seconds = self._profile.latency_s + self._rng.random() * self._profile.latency_jitter_s
        if self._profile.slow_every and self._seen % self._profile.slow_every == 0:
            seconds += self._profile.slow_s
        if self._faults.on("slow"):
            seconds += float(self._faults.get("slow", "seconds"))
        return seconds

    def _start(self, line: str, now: float) -> None:
        self._last_line, self.line_at = line, now
        try:
            commands = parse_line(line)
        except LineRefused:
            self.busy = True
            self._finish(now + self._latency(), "ERROR")
            return
        if commands is None:
            return
        self.busy = True
        when = now + self._latency()
        every = self._profile.signal_urc_every
        if every and self._seen % every == 0:
            self.at(when, self.on_answer)
        self.at(when, lambda at: self._run(commands, at))

    def _run(self, commands: list[Command], now: float) -> None:
        """Executes the first of the remaining commands of a line."""
        if not commands:
            self._finish(now, "OK")
        else:
            self._answer(self._execute(commands[0], now), commands[1:], now)

    def _answer(self, reply: Reply, rest: list[Command], now: float) -> None:
        # What can be ended early tells its lines as it finds them; all else has none before it is done.
        when = now if reply.abortable else now + reply.extra_s
        for number, text in enumerate(reply.lines):
            data = (b"" if number else b"\r\n") + text.encode("latin-1", "replace") + b"\r\n"
            self.at(when, lambda _, data=data: self.raw(data))  # type: ignore[misc]
            when += self._profile.line_gap_s
        when += reply.extra_s if reply.abortable else 0.0
        if reply.prompt:
            self.busy = False
            self.raw(b"\r\n> ")
        elif reply.final == "OK" and rest:
            self.at(when, lambda at: self._run(rest, at))
        else:
            self._abortable = reply.abortable
            self._finish(when, reply.final, reply.after)

    def _finish(self, when: float, final: str, after: Action | None = None) -> None:
        """Sends the final result at `when`; then held URCs and waiting input come through."""
        self._running += 1
        number = self._running
        if self._faults.on("late_ok"):
            when += float(self._faults.get("late_ok", "seconds"))
            self._faults.take("late_ok")

        def done(now: float) -> None:
            if number != self._running:
                return  # aborted meanwhile
            if final:
                self.raw(f"\r\n{final}\r\n".encode())
            self.busy = self._abortable = False
            held, self._held = self._held, []
            for line in held:
                self.raw(line)
            if after is not None:
                after(now)
            self._read_input(now)

        self.at(when, done)
