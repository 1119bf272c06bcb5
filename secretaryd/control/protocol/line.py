"""Events of the line itself: how loud it is, a second caller, what is done about a modem that fails, the clock."""

from secretaryd.control.protocol.base import Message


class LevelsMeasured(Message, frozen=True, kw_only=True, tag="levels"):
    """How loud both directions were in the last fifth of a second of call: RMS in dB of full scale, 0 the loudest, -100
    digital silence. Passing: told only to readers who asked for levels, never remembered, and its id is that of the
    event before it."""

    call: int
    heard: float
    said: float


class CallerWaited(Message, frozen=True, kw_only=True, tag="call.waiting"):
    """A second caller knocked while `during` was up: kept as a missed call of its own, `call`."""

    call: int
    during: int | None
    number: str | None
    presentation: str


class RungTaken(Message, frozen=True, kw_only=True, tag="modem.rung"):
    """Something was done about a modem that fails; the next try comes after `wait` seconds."""

    fault: str
    rung: str
    wait: float
    failure: int
    """Which one in a row."""


class ModemRecovered(Message, frozen=True, kw_only=True, tag="modem.recovered"):
    """A trouble of the modem is over: what it began with, the last thing done, how long it took."""

    fault: str
    rung: str
    seconds: float
    tries: int


class ClockSet(Message, frozen=True, kw_only=True, tag="clock.set"):
    """The box's clock was set by the network's time. UTC epoch seconds."""

    was: float
    now: float


Events = LevelsMeasured | CallerWaited | RungTaken | ModemRecovered | ClockSet
