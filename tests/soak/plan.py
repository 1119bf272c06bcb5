"""What happens to the box, call by call: drawn from the seed and the call's number alone, so that a run can be resumed
and a failure played again. PURE."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final


class Kind(StrEnum):
    """How the call is talked."""

    SHORT = "short"
    """Sound, turns, perhaps a message; frames are not made."""
    FULL = "full"
    """The true conversation, frame by frame."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """A fault of the simulator, or something done to the box, so many seconds after the call began."""

    name: str
    at: float
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """One call."""

    number: int
    kind: Kind
    caller: str
    """"" withholds the number."""
    gap: float
    """Idle seconds before it."""
    patience: float
    talk: float
    box_ends: bool
    message: bool
    sms: tuple[tuple[float, str], ...]
    """Messages to the box: when (as in Mishap) and what; each text is there once."""
    letters: tuple[tuple[float, str, str], ...]
    """Messages that the owner writes: when, to whom, and what; each is there once."""
    mishaps: tuple[Mishap, ...]


STANDING: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("slow", {"seconds": 3.5}),
    ("garbage", {"every": 0.7}),
    ("late_ok", {"count": 1, "seconds": 8.0}),
    ("duplicate_urcs", {}),
    ("clip_missing", {}),
    ("clip_withheld", {}),
    ("clip_unavailable", {}),
    ("clip_malformed", {}),
    ("no_end", {}),
    ("no_no_carrier", {}),
    ("silent_end", {}),
    ("late_missed", {"seconds": 60.0}),
    ("answer_refused", {"count": 1}),
    ("chup_ignored", {"count": 2}),
    ("no_rxdtmf", {}),
    ("pcm_error", {"count": 3}),
    ("pcm_late", {"seconds": 2.0}),
    ("pcm_16k", {}),
    ("pcm_degraded", {}),
    ("uplink_stuck", {"seconds": 1.0}),
    ("pcm_silent", {"seconds": 1.0}),
    ("not_registered", {"stat": 2}),
    ("no_signal", {}),
    ("lte_only", {}),
    ("clock_unset", {}),
    ("sim_absent", {}),
    ("sim_failure", {}),
    ("mute", {}),
    ("pcm_zeros", {}),
    ("uplink_mute", {}),
    ("sms_memory_full", {}),
    ("sms_unreadable", {"count": 1}),
    ("sms_delete_refused", {"count": 2}),
    ("sms_refused", {"count": 1, "code": 42}),
    ("sms_timeout", {"count": 1, "late": True}),
    ("sms_timeout", {"count": 1, "late": False}),
    ("sms_no_report", {}),
    ("sms_undelivered", {"status": 0x46}),
    ("sms_no_cmti", {}),
    ("sms_twice", {}),
    ("sms_parts_reversed", {}),
)
"""On for one call. Those that keep the network from ringing at all come on in mid-call."""

MID_CALL: Final = frozenset({"not_registered", "sim_absent", "sim_failure", "mute"})

INSTANT: Final[tuple[str, ...]] = (
    "replug",
    "replug",
    "reset",
    "reboot",
    "hang",
    "knock",
    "knock",
    "keys",
    "bytes",
    "sms_ghost",
    "kill",
    "kill",
    "power_cut",
)

ENGINES: Final = ("kill_speech", "kill_llm")
"""What the scripted engines can do as killed processes do; only in calls that are talked frame by frame."""
KILLED_ENGINE_SHARE: Final = 0.7
CLEAN_SHARE: Final = 0.45
FULL_SHARE: Final = 0.04
"""A call talked frame by frame costs thirty times as much as one without."""
KNOWN_CALLERS: Final = 0.9


def plan(seed: int, number: int) -> Plan:
    """The call of that number."""
    chance = Random(f"{seed}:{number}")
    kind = Kind.FULL if chance.random() < FULL_SHARE else Kind.SHORT
    caller = f"+79{number % 10**9:09d}" if chance.random() < KNOWN_CALLERS else ""
    mishaps: list[Mishap] = []
    if chance.random() >= CLEAN_SHARE:
        count = chance.choice((1, 1, 1, 2, 2, 3))
        mishaps += [
            _standing(chance) if chance.random() < 0.6 else _instant(chance, number, each) for each in range(count)
        ]
    if kind is Kind.FULL and chance.random() < KILLED_ENGINE_SHARE:
        mishaps.append(Mishap(chance.choice(ENGINES), chance.uniform(2.0, 20.0), {}))
    return Plan(
        number=number,
        kind=kind,
        caller=caller,
        gap=chance.choice((1.0, 5.0, 20.0, 60.0, 240.0)) * (0.5 + chance.random()),
        patience=chance.uniform(25.0, 60.0),
        talk=chance.uniform(2.0, 40.0),
        box_ends=chance.random() < 0.5,
        message=chance.random() < 0.3,
        sms=_messages(chance, number),
        letters=_letters(chance, number),
        mishaps=tuple(sorted(mishaps, key=lambda each: each.at)),
    )


def _messages(chance: Random, number: int) -> tuple[tuple[float, str], ...]:
    count = chance.choice((0, 0, 0, 0, 1, 1, 2))
    length = chance.choice((1, 1, 20))
    texts = [" ".join(f"перезвоните {number}.{each}.{word}" for word in range(length)) for each in range(count)]
    return tuple(sorted((chance.uniform(0.0, 40.0), text) for text in texts))


def _letters(chance: Random, number: int) -> tuple[tuple[float, str, str], ...]:
    count = chance.choice((0, 0, 0, 0, 1, 1, 2))
    length = chance.choice((1, 1, 25))
    return tuple(
        (chance.uniform(0.0, 60.0), f"+792{each}{number % 10**7:07d}", " ".join([f"готово {number}.{each}"] * length))
        for each in range(count)
    )


def _standing(chance: Random) -> Mishap:
    name, options = chance.choice(STANDING)
    options = {**options, "form": chance.randrange(6)} if name == "clip_malformed" else options
    return Mishap(name, chance.uniform(1.0, 20.0) if name in MID_CALL else 0.0, options)


def _instant(chance: Random, number: int, each: int) -> Mishap:
    name = chance.choice(INSTANT)
    at = chance.uniform(0.0, 30.0)
    match name:
        case "replug":
            return Mishap(name, at, {"seconds": chance.uniform(0.5, 30.0), "reset": chance.random() < 0.5})
        case "sms_ghost":
            return Mishap(name, at, {"memory": "ME", "index": chance.randrange(3)})
        case "knock":
            return Mishap(name, at, {"number": f"+78{each}{number % 10**8:08d}", "seconds": chance.uniform(3.0, 25.0)})
        case "keys":
            return Mishap(name, at, {"digits": "".join(chance.choices("0123456789*#", k=4))})
        case "bytes":
            return Mishap(name, at, {"hex": chance.randbytes(chance.randint(1, 200)).hex()})
    return Mishap(name, at, {})
