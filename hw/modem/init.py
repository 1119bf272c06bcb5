"""From a port that just opened to a modem that can take calls.

The modem forgets most settings at every restart (echo, CLIP, CLCC, CPCMREG, ...), so all of them are sent every time.
Only what no call can do without must be accepted; firmware differs in the rest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from hw.at.channel import AtChannel
from hw.at.commands import AnswerUnreadable, Attention, CallRow, Command, HangUp, ListCalls, SetSound, Setting
from hw.at.commands_network import (
    EnterPin,
    ReadClock,
    ReadIdentity,
    ReadMode,
    ReadOperator,
    ReadPinTries,
    ReadRegistration,
    ReadSignal,
    ReadSim,
)
from hw.errors import CommandRefused, CommandTimeout, ModemError
from hw.modem.clock import parse_clock
from hw.modem.events import Fact, SimState
from hw.modem.network import NetworkTracker, sim_state
from hw.modem.sim import ALL_TRIES, LastTry, PinBox, PinRefusedBefore, PinUnusable

logger = logging.getLogger(__name__)

T = TypeVar("T")
D = TypeVar("D")
Publish = Callable[[list[Fact]], None]

TRIES: Final = 3
"""Of a step that must succeed."""
SIM_BUSY_TRIES: Final = 10
SIM_BUSY_SECONDS: Final = 1.0
TAKEN_OVER: Final = frozenset({0, 4, 5})
"""States of +CLCC: a caller who talks, rings, or waits beside another."""
URC_TO_PRIMARY: Final = 3
URC_TO_ALL: Final = 0


class InitRefused(ModemError):
    """The modem will not do what every call needs."""


@dataclass(frozen=True, slots=True)
class Step:
    """One setting of the sequence."""

    command: Command[None]
    needed: bool = False
    """Whether the modem is of no use without it."""


FIRST_STEPS: Final = (
    Step(Attention(), needed=True),
    Step(Setting("E", (0,)), needed=True),
    Step(Setting("+CMEE", (2,)), needed=True),
)

CALL_STEPS: Final = (
    Step(Setting("+CLIP", (1,)), needed=True),
    Step(Setting("+CPCMBANDWIDTH", (1, 1))),
    Step(SetSound(on=False)),
)
"""What the next call needs, and nothing else."""

IN_CALL_STEPS: Final = (
    Step(Setting("+CCWA", (1,))),
    Step(Setting("+DDET", (1,))),
)
"""What tells of a second caller, and of keys: a call that came before they were sent needs them too."""

OTHER_STEPS: Final = (
    Step(Setting("+CVHU", (0,))),
    Step(Setting("+CRC", (1,))),
    Step(Setting("+CLCC", (1,))),
    Step(Setting("+CREG", (1,))),
    Step(Setting("+CEREG", (1,))),
    Step(Setting("+CNSMOD", (1,))),
    Step(Setting("+AUTOCSQ", (1, 1))),
    Step(Setting("+CTZU", (1,))),
    Step(Setting("+CSCS", ("IRA",))),
    Step(Setting("+CMGF", (0,))),
    Step(Setting("+CPMS", ("ME", "ME", "ME"))),
    Step(Setting("+CNMI", (2, 1, 0, 2, 0))),
    # 8 kHz: documented as one-way (16 kHz lasts until a restart) and refused by some firmware.
    Step(Setting("+CPCMFRM", (0,))),
)
"""Some of these, and of those before, need the SIM: with none they are refused, and sent again once it is ready."""

IDENTITY: Final = ("manufacturer", "model", "firmware", "imei")


async def greet(channel: AtChannel) -> None:
    """Echo off, errors in words; from then on answers are to what was asked. Raises InitRefused, CommandTimeout,
    PortLost."""
    await _run(channel, FIRST_STEPS)
    await channel.fall_in_step()


async def identify(channel: AtChannel, what: str) -> str:
    """What the modem says of itself, `what` of IDENTITY; "" where it says nothing."""
    return await _ask(channel, ReadIdentity(what), "")


async def set_up(channel: AtChannel, *, sim_ready: bool, primary: bool) -> bool:
    """What calls need. Returns whether all that is needed was taken; False only while there is no usable SIM. Raises
    InitRefused."""
    await _run(channel, (Step(Setting("+CATR", (URC_TO_PRIMARY if primary else URC_TO_ALL,))),))
    return await _run(channel, CALL_STEPS, forgive=not sim_ready)


async def take(channel: AtChannel, step: Step) -> None:
    """One setting. Raises CommandTimeout, PortLost."""
    await _run(channel, (step,))


async def set_up_calls(channel: AtChannel) -> None:
    """The settings again, for a SIM that became ready late. Raises InitRefused."""
    await _run(channel, CALL_STEPS[:1] + IN_CALL_STEPS + OTHER_STEPS)


async def meet_old_calls(channel: AtChannel, on_rows: Callable[[tuple[CallRow, ...]], None]) -> None:
    """What is left from before: a caller who rings or talks is taken over by `on_rows`. All other calls (held, dialled
    by us, of nobody's knowledge) are hung up, with everything else: AT+CHUP knows no difference."""
    for _ in range(TRIES):
        rows: tuple[CallRow, ...] = await _ask(channel, ListCalls(), ())
        live = [row for row in rows if row.state != 6]
        if not live:
            return
        if all(row.voice and row.incoming and row.state in TAKEN_OVER for row in live):
            on_rows(rows)
            return
        logger.warning("hanging up calls left over from before", extra={"calls": len(live)})
        await _run(channel, (Step(HangUp()),))


async def read_network(channel: AtChannel, network: NetworkTracker) -> list[Fact]:
    """All READINGS."""
    return [fact for reading in READINGS for fact in await reading(channel, network)]


async def read_signal(channel: AtChannel, network: NetworkTracker) -> list[Fact]:
    """Signal alone, which is also the cheapest proof of life."""
    try:
        return network.signal(await channel.send(ReadSignal()))
    except (CommandRefused, CommandTimeout, AnswerUnreadable) as error:
        logger.debug("no signal reading", extra={"error": str(error)})
        return []


async def _read_registration(channel: AtChannel, network: NetworkTracker, *, lte: bool) -> list[Fact]:
    stat = await _ask(channel, ReadRegistration(lte), -1)
    return network.registration("+CEREG" if lte else "+CREG", stat) if stat >= 0 else []


async def _read_mode(channel: AtChannel, network: NetworkTracker) -> list[Fact]:
    mode = await _ask(channel, ReadMode(), -1)
    return network.mode(mode) if mode >= 0 else []


async def _read_operator(channel: AtChannel, network: NetworkTracker) -> list[Fact]:
    operator = await _ask(channel, ReadOperator(), None)
    return network.operator(operator) if operator is not None else []


READINGS: Final[tuple[Callable[[AtChannel, NetworkTracker], Awaitable[list[Fact]]], ...]] = (
    read_signal,
    partial(_read_registration, lte=False),
    partial(_read_registration, lte=True),
    _read_mode,
    _read_operator,
)
"""What is asked of the network, a command each."""


async def read_clock(channel: AtChannel) -> float | None:
    """The network's time, UTC epoch seconds; None where it has told none."""
    return parse_clock(await _ask(channel, ReadClock(), ""))


async def read_sim(channel: AtChannel) -> SimState:
    """The SIM's state; waits a little while it is busy, as it is just after a start."""
    state = SimState.UNKNOWN
    for attempt in range(SIM_BUSY_TRIES):
        if attempt:
            await asyncio.sleep(SIM_BUSY_SECONDS)
        try:
            state = sim_state(await channel.send(ReadSim())) or SimState.UNKNOWN
        except CommandRefused as error:
            state = sim_state(error.code) or SimState.UNKNOWN
        except (CommandTimeout, AnswerUnreadable):
            continue
        if state is not SimState.BUSY:
            break
    return state


async def unlock_sim(channel: AtChannel, pins: PinBox) -> SimState:
    """The SIM's state after the PIN was entered, where it asks for one and there is one that may be tried."""
    state = await read_sim(channel)
    if state is not SimState.PIN_REQUIRED:
        if state not in (SimState.BUSY, SimState.UNKNOWN):
            pins.forget_typed()  # there may be another SIM next
        return state
    if pins.left is None:
        await read_pin_tries(channel, pins)  # for people
    try:
        offer = pins.offer()
        left = await read_pin_tries(channel, pins)
        if offer.interrupted and left != ALL_TRIES:
            raise PinUnusable("an earlier attempt was cut short and the SIM has not all its tries left")
        if left is not None and left <= 1:
            raise LastTry("the SIM has one try left before it asks for its PUK: enter the PIN by hand")
        pins.trying()
    except PinUnusable as error:
        if pins.complaint != str(error):  # once, not at every look at the SIM
            pins.complaint = str(error)
            logger.warning("SIM PIN not tried", extra={"reason": str(error)})
        return SimState.PIN_WRONG if isinstance(error, PinRefusedBefore) else state
    try:
        await channel.send(EnterPin(offer.pin))
    except CommandRefused as error:
        if sim_state(error.code) is SimState.BUSY:
            return SimState.BUSY  # not an opinion on the PIN
        pins.refused()
        await read_pin_tries(channel, pins)
        logger.error("the SIM refused the PIN; it is not tried again", extra={"code": error.code})
        return SimState.PUK_REQUIRED if sim_state(error.code) is SimState.PUK_REQUIRED else SimState.PIN_WRONG
    pins.accepted()
    return await read_sim(channel)


async def read_pin_tries(channel: AtChannel, pins: PinBox) -> int | None:
    """How many PINs may still be tried; None where this firmware does not say."""
    pins.left = await _ask(channel, ReadPinTries(), None)
    return pins.left


async def _run(channel: AtChannel, steps: tuple[Step, ...], *, forgive: bool = False) -> bool:
    complete = True
    for step in steps:
        try:
            await _perform(channel, step)
        except CommandRefused as error:
            if step.needed and not forgive:
                raise InitRefused(str(error)) from error
            complete = complete and not step.needed
            logger.info("the modem does not take a setting", extra={"command": error.command, "code": error.code})
        except CommandTimeout as error:
            if step.needed:
                raise
            logger.warning("a setting was not answered", extra={"command": step.command.shown, "error": str(error)})
    return complete


async def _perform(channel: AtChannel, step: Step) -> None:
    for _ in range(TRIES - 1 if step.needed else 0):
        try:
            await channel.send(step.command)
        except (CommandRefused, CommandTimeout):
            continue  # half a line left in the modem's buffer, or it is still starting
        return
    await channel.send(step.command)


async def _ask(channel: AtChannel, command: Command[T], otherwise: D) -> T | D:
    try:
        return await channel.send(command)
    except (CommandRefused, CommandTimeout, AnswerUnreadable) as error:
        logger.info("a question was not answered", extra={"command": command.shown, "error": str(error)})
        return otherwise
