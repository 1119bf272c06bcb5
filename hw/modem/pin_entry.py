"""A PIN that somebody types: tried once and at once, and never where it would be the last try, unless he says so."""

import logging
from dataclasses import dataclass

from hw.at.channel import AtChannel
from hw.at.commands_network import EnterPin
from hw.errors import CommandRefused
from hw.modem.events import SimState
from hw.modem.init import read_pin_tries, read_sim
from hw.modem.network import sim_state
from hw.modem.sim import LastTry, PinBox, PinRefusedBefore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PinOutcome:
    """How the SIM is now, how many tries it has left (None where it does not say), and whether this PIN opened it."""

    sim: SimState
    left: int | None = None
    opened: bool = False


async def enter_pin(channel: AtChannel, pins: PinBox, pin: str, *, last: bool) -> PinOutcome:
    """Tries it, where the SIM asks for one. `last`: even as the last try before the PUK. Raises LastTry,
    PinRefusedBefore, ValueError for what is no PIN, ModemError."""
    command = EnterPin(pin)
    state = await read_sim(channel)
    if state is not SimState.PIN_REQUIRED:
        return PinOutcome(state)
    if pins.was_refused(pin):
        raise PinRefusedBefore("this PIN was refused before")
    left = await read_pin_tries(channel, pins)
    # Where the firmware keeps silent about the tries, one wrong PIN is all that is spent without a word.
    if not last and (pins.has_refusal() if left is None else left <= 1):
        raise LastTry("it would be the last try")
    try:
        await channel.send(command)
    except CommandRefused as error:
        found = sim_state(error.code)
        if found is SimState.BUSY:
            return PinOutcome(SimState.BUSY, left)
        pins.refused_by_hand(pin)
        left = await read_pin_tries(channel, pins)
        logger.warning("the SIM refused a PIN that was typed", extra={"code": error.code, "left": left})
        locked = found is SimState.PUK_REQUIRED or left == 0
        return PinOutcome(SimState.PUK_REQUIRED if locked else SimState.PIN_WRONG, left)
    pins.accepted()
    return PinOutcome(await read_sim(channel), pins.left, opened=True)
