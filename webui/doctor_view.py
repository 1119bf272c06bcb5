"""PURE: what the health page shows: the doctor's findings, and facts of line, sound and board from the status tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch, bars_of, duration, size

TONES: Final = {"error": "bad", "warning": "warn", "note": "busy", "ok": "ok", "skipped": "off"}
"""By level, worst first."""
TROUBLED: Final = ("error", "warning", "note")
MAX_CHECKS: Final = 200
MAX_WORDS: Final = 1000
HOT_CELSIUS: Final = 75.0
"""A Raspberry Pi slows down from 80 °C."""
SOUND_TONES: Final = {"good": "ok", "unused": "off", "mended": "warn", "worn": "warn"}
RUNGS: Final = ("re_read", "resync", "reopen", "hang_up", "sound_off", "radio", "reset", "power")
"""Gentle ones first."""
MAX_RECOVERIES: Final = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One finding, in words of the reader's language."""

    name: str
    level: str
    tone: str
    title: str
    detail: str
    cause: str
    remedy: str
    fixable: bool
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """What is wrong, worst first; what is well; what could not be looked at."""

    wrong: tuple[Check, ...]
    well: tuple[Check, ...]
    skipped: tuple[Check, ...]

    @property
    def fixable(self) -> tuple[Check, ...]:
        """What can be mended safely."""
        return tuple(check for check in self.wrong if check.fixable)


@dataclass(frozen=True, slots=True)
class Facts:
    """A card of pairs; `name` is of the texts, `tone` of the lamp, `bars` the signal's."""

    name: str
    tone: str
    headline: str
    pairs: tuple[tuple[str, str], ...]
    bars: int | None = None


@dataclass(frozen=True, slots=True)
class Mending:
    """How the modem was brought back: how often each rung was taken, and the latest troubles that are over."""

    rungs: tuple[tuple[str, str, int], ...]
    """Name, what it is, how often."""
    recoveries: tuple[str, ...]
    troubles: tuple[str, ...]


def examined(answer: Mapping[str, Any]) -> Examined:
    """The answer of `doctor.run`."""
    rows = answer.get("checks")
    checks = [_check(Branch(row)) for row in rows[:MAX_CHECKS]] if isinstance(rows, list) else []
    order = list(TONES)
    wrong = sorted((one for one in checks if one.level in TROUBLED), key=lambda one: order.index(one.level))
    return Examined(
        tuple(wrong),
        tuple(one for one in checks if one.level == "ok"),
        tuple(one for one in checks if one.level == "skipped"),
    )


def facts(status: Mapping[str, Any], say: Texts) -> tuple[Facts, ...]:
    """Line, sound, board."""
    tree = Branch(status)
    return (_line(tree, say), _sound(tree.part("sound"), say), _board(tree, say))


def mending(status: Mapping[str, Any], say: Texts) -> Mending:
    """What the keeper of the modem did."""
    modem = Branch(status).part("modem")
    rungs = modem.part("rungs")
    taken = [(name, int(rungs.number(name) or 0)) for name in RUNGS]
    troubles = modem.tree.get("troubles")
    named = [one for one in troubles if isinstance(one, str)] if isinstance(troubles, list) else []
    return Mending(
        tuple((say(f"doctor.rung.{name}"), say(f"doctor.rung.{name}.what"), count) for name, count in taken if count),
        tuple(_recovery(one, say) for one in reversed(modem.parts("recoveries")[-MAX_RECOVERIES:])),
        tuple(_fault(one, say) for one in named[:MAX_RECOVERIES]),
    )


def _check(row: Branch) -> Check:
    level = row.text("level")
    level = level if level in TONES else "note"
    done = row.tree.get("done")
    return Check(
        name=row.text("name"),
        level=level,
        tone=TONES[level],
        title=_words(row, "title") or row.text("name"),
        detail=_words(row, "detail"),
        cause=_words(row, "cause"),
        remedy=_words(row, "remedy"),
        fixable=row.flag("fixable") is True,
        done=tuple(str(one)[:MAX_WORDS] for one in done[:MAX_RECOVERIES]) if isinstance(done, list) else (),
    )


def _words(row: Branch, key: str) -> str:
    """Longer than what a status says."""
    value = row.tree.get(key)
    return value.strip()[:MAX_WORDS] if isinstance(value, str) else ""


def _line(tree: Branch, say: Texts) -> Facts:
    modem = tree.part("modem")
    up, dbm = modem.flag("up") is True, modem.number("signal_dbm")
    sim = modem.text("sim")
    trouble = say.known(f"sim.{sim}")
    reason = modem.text("reason")
    if not up:
        tone, headline = "bad", say.known(f"modem.{reason}") or say("network.down")
    elif trouble:
        tone, headline = "bad", trouble
    else:
        tone, headline = ("ok", modem.text("operator")) if modem.text("operator") else ("warn", say("network.down"))
    pairs = (
        (say("doctor.technology"), modem.text("technology")),
        (say("doctor.signal"), "" if dbm is None else say("doctor.dbm", n=say.number(dbm, 0))),
        (say("doctor.sim"), trouble or (say("doctor.sim.ready") if sim == "ready" else "")),
        (say("doctor.registered"), _yes(modem.flag("registered"), say)),
        (say("doctor.firmware"), modem.text("firmware")),
        (say("doctor.reason"), modem.text("detail") if not up else ""),
    )
    return Facts("line", tone, headline, _told(pairs), bars_of(dbm) or 0)


def _sound(sound: Branch, say: Texts) -> Facts:
    state = sound.text("state")
    counted = (
        (say("doctor.sound.calls"), _count(sound, "calls", say)),
        (say("doctor.sound.refused.count"), _count(sound, "refused", say)),
        (say("doctor.sound.mended.count"), _count(sound, "mended", say)),
    )
    rate, flow = sound.number("rate"), sound.number("bytes_per_second")
    pairs = (
        (say("doctor.sound.way"), say.known(f"doctor.way.{sound.text('way')}") or sound.text("way")),
        *counted,
        (say("doctor.sound.tries"), _count(sound, "tries", say)),
        (say("doctor.sound.rate"), "" if not rate else say("doctor.hertz", n=say.number(rate, 0))),
        (say("doctor.sound.flow"), "" if not flow else say("doctor.flow", n=say.number(flow, 0))),
    )
    headline = say.known(f"doctor.sound.{state}") or say("unknown")
    return Facts("sound", SOUND_TONES.get(state, "bad" if state else "off"), headline, _told(pairs))


def _board(tree: Branch, say: Texts) -> Facts:
    machine, box = tree.part("machine"), tree.part("box")
    heat, cpu = machine.number("temperature_c"), machine.number("cpu_percent")
    free, whole = machine.number("memory_free_bytes"), machine.number("memory_bytes")
    disk, uptime = tree.part("storage").number("free_bytes"), box.number("uptime_seconds")
    memory = "" if free is None or whole is None else say("doctor.of", n=size(free, say), whole=size(whole, say))
    clock = tree.part("clock").flag("set")
    pairs = (
        (say("doctor.cpu"), "" if cpu is None else say.percent(cpu / 100)),
        (say("doctor.memory"), memory),
        (say("doctor.disk"), "" if disk is None else size(disk, say)),
        (say("doctor.clock"), "" if clock is None else say("doctor.clock.set" if clock else "doctor.clock.unset")),
        (say("doctor.uptime"), "" if uptime is None else duration(uptime, say)),
        (say("doctor.version"), box.text("version")),
    )
    hot = heat is not None and heat >= HOT_CELSIUS
    headline = say("doctor.cool") if heat is None else say("doctor.celsius", n=say.number(heat, 0))
    return Facts("board", "warn" if hot or clock is False else "ok", headline, _told(pairs))


def _recovery(one: Branch, say: Texts) -> str:
    rung = say.known(f"doctor.rung.{one.text('rung')}") or one.text("rung")
    took = duration(one.number("seconds") or 0.0, say)
    return say("doctor.recovered", fault=_fault(one.text("fault"), say), rung=rung, time=took)


def _fault(name: str, say: Texts) -> str:
    return say.known(f"doctor.fault.{name}") or name[:80]


def _yes(flag: bool | None, say: Texts) -> str:
    return "" if flag is None else say("doctor.yes" if flag else "doctor.no")


def _count(tree: Branch, key: str, say: Texts) -> str:
    value = tree.number(key)
    return "" if value is None else say.number(value, 0)


def _told(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """What is not known is left out."""
    return tuple(pair for pair in pairs if pair[1])
