"""Processes as children, where there is no systemd: started in order and again when they die, stopped in reverse."""

import asyncio
import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

STOP_SECONDS: Final = 8.0
CALM_SECONDS: Final = 30.0  # a child that lived so long starts again at once
BACK_OFF: Final = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
GIVE_UP: Final = frozenset({2, 3})  # bad usage or configuration; cannot start: no use in trying the same again


def back_off(failures: int) -> float:
    """Seconds to wait before the next start, after so many failures in a row (1 or more)."""
    return BACK_OFF[min(failures, len(BACK_OFF)) - 1]


def _be_a_child(sacrifice: int, nice: int) -> None:
    """In a child, before its program: the kernel sends SIGTERM when the supervisor dies, so that none is left behind;
    and it is known what to give up first where memory runs out (proc(5), oom_score_adj)."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    with suppress(PermissionError):  # an ordinary user may only be humbler
        os.nice(nice)
    if sacrifice:
        with suppress(OSError):  # a container may forbid it: then the kernel chooses by size
            Path("/proc/self/oom_score_adj").write_text(str(sacrifice))


@dataclass(frozen=True, slots=True)
class Program:
    """A child: its name in logs, its command. An `essential` one that cannot start ends everything. `sacrifice`:
    0..1000, the highest is the first that the kernel kills where memory runs out. `nice` is added to our own; below 0
    only where this user may."""

    name: str
    command: tuple[str, ...]
    essential: bool = False
    sacrifice: int = 0
    nice: int = 0


class CannotStart(Exception):
    """An essential child cannot start; `code` is its exit code."""

    def __init__(self, program: Program, code: int) -> None:
        super().__init__(f"{program.name} cannot start (exit code {code})")
        self.code = code


class Supervisor:
    """Keeps programs running until `stop` is set. Used once."""

    def __init__(
        self,
        programs: Sequence[Program],
        environ: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._programs = tuple(programs)
        self._environ = dict(environ)
        self._clock = clock
        self.running: dict[str, asyncio.subprocess.Process] = {}
        self._anew: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Starts all, keeps them, and on `stop` ends them last first. Raises CannotStart."""
        keepers: list[asyncio.Task[None]] = []
        stopping = asyncio.create_task(stop.wait(), name="supervise.stop")
        try:
            keepers += [asyncio.create_task(self._keep(p), name=f"supervise.{p.name}") for p in self._programs]
            done, _ = await asyncio.wait({stopping, *keepers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            stopping.cancel()
            for program, keeper in reversed(list(zip(self._programs, keepers, strict=False))):
                keeper.cancel()
                await asyncio.wait({keeper})
                await self._end(program)

    async def restart(self, name: str) -> None:
        """Ends that child, which starts again at once; nothing where it does not run."""
        process = self.running.get(name)
        if process is not None and process.returncode is None:
            self._anew.add(name)
            await _stopped(name, process)

    async def _keep(self, program: Program) -> None:
        failures = 0
        while True:
            began = self._clock()
            # A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends the rest in order.
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env=self._environ,
                process_group=0,
                preexec_fn=partial(_be_a_child, program.sacrifice, program.nice),
            )
            self.running[program.name] = process
            log.info("started", extra={"program": program.name, "pid": process.pid})
            code = await process.wait()
            if program.name in self._anew:
                self._anew.discard(program.name)
                failures = 0
                continue
            if program.essential and code in GIVE_UP and self._clock() - began < CALM_SECONDS:
                raise CannotStart(program, code)
            failures = 1 if self._clock() - began > CALM_SECONDS else failures + 1
            wait = back_off(failures)
            log.warning("ended", extra={"program": program.name, "code": code, "again_in_seconds": wait})
            await asyncio.sleep(wait)

    async def _end(self, program: Program) -> None:
        process = self.running.pop(program.name, None)
        if process is not None and process.returncode is None:
            await _stopped(program.name, process)


async def _stopped(name: str, process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        log.error("did not stop, killed", extra={"program": name})
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
