"""What the screens of the first set-up show: pure, from the core's answers and the marks of what was seen to."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch, bars_of, size
from webui.wizard_marks import STEPS, Mark, Progress

PATHS: Final = {step: f"/setup/{step}" for step in STEPS}
OPEN: Final = "setup.open"
"""The core's alert while nobody owns the box."""
BEFORE_SIGN_IN: Final = frozenset({"language", "owner"})
PIN_STATES: Final = frozenset({"pin_required", "pin_wrong"})
MB: Final = 1_000_000
MAX_MODELS: Final = 200
MAX_NAMES: Final = 30
MAX_GREETING: Final = 400
NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,200}")


@dataclass(frozen=True, slots=True)
class Step:
    """A screen in the bar of them. `state`: here, done, skipped or todo; `path` is "" where one cannot go now."""

    name: str
    number: int
    state: str
    path: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a call needs. `tone`: ok, warn or bad; `stops`: no call comes while it is so."""

    tone: str
    icon: str
    title: str
    text: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Models that go together. `fits`: whether there is memory and room for them."""

    name: str
    about: str
    models: str
    download: str
    memory: str
    installed: bool
    active: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class Job:
    """Something that takes long. `state`: running, done, failed or stopped; `part`: 0 to 100, None where unknown."""

    do: str
    state: str
    text: str
    part: int | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a backup holds, in words."""

    made: str
    recordings: str
    size: str
    models: str
    secrets: tuple[str, ...]


def is_open(status: Mapping[str, Any]) -> bool:
    """Whether the box waits for its first owner."""
    return any(alert.text("code") == OPEN for alert in Branch(status).parts("alerts"))


def token_of(typed: str) -> str:
    """The token out of what somebody pasted: the whole link, or the token alone; "" for neither."""
    last = typed.strip().rpartition("token=")[2]
    return last if TOKEN.fullmatch(last) else ""


def bar(here: str, progress: Progress, *, signed_in: bool) -> tuple[Step, ...]:
    """All screens."""
    return tuple(_step(name, at, here, progress, signed_in) for at, name in enumerate(STEPS, 1))


def _step(name: str, number: int, here: str, progress: Progress, signed_in: bool) -> Step:
    may = signed_in or name in BEFORE_SIGN_IN
    state = "here" if name == here else str(progress.marks.get(name, "todo"))
    return Step(name, number, state, PATHS[name] if may and name != here else "")


def around(step: str) -> tuple[str, str]:
    """The paths of the screens before and after; "" at the ends."""
    at = STEPS.index(step)
    before = PATHS[STEPS[at - 1]] if at else ""
    return before, PATHS[STEPS[at + 1]] if at + 1 < len(STEPS) else ""


def checks(status: Mapping[str, Any], say: Texts) -> tuple[Check, ...]:
    """Modem, SIM, network, from below: what lies above one that fails is not looked at."""
    modem = Branch(status).part("modem")
    if modem.flag("up") is not True:
        reason = modem.text("reason")
        words = _joined(say.known(f"modem.{reason}"), say.known(f"modem.{reason}.todo") or modem.text("detail"))
        tone = "warn" if reason == "starting" else "bad"
        return (Check(tone, "plug-off", say("wizard.line.modem"), words or say("network.down"), stops=True),)
    found = Check("ok", "plug", say("wizard.line.modem"), say("wizard.line.modem.up"))
    sim = modem.text("sim")
    if sim != "ready":
        tone = "warn" if sim in {"", "unknown", "busy"} else "bad"
        words = say.known(f"sim.{sim}") or say("wizard.line.sim.unknown")
        return found, Check(tone, "key", say("wizard.line.sim"), words, stops=True)
    return found, Check("ok", "key", say("wizard.line.sim"), say("wizard.line.sim.ready")), _network(modem, say)


def _network(modem: Branch, say: Texts) -> Check:
    title, icon = say("wizard.line.network"), "antenna-bars-5"
    if modem.flag("registered") is False or not modem.text("operator"):
        return Check("warn", icon, title, say("wizard.line.network.none"), stops=True)
    bars = bars_of(modem.number("signal_dbm"))
    words = say("network.signal", bars=bars) if bars is not None else ""
    shown = _joined(modem.text("operator"), modem.text("technology"), words)
    return Check("ok" if bars is None or bars > 1 else "warn", icon, title, shown)


def takes_calls(found: Iterable[Check]) -> bool:
    """Whether nothing is in the way of a call."""
    return not any(check.stops for check in found)


def pin_left(status: Mapping[str, Any]) -> tuple[bool, int | None]:
    """Whether the SIM asks for its PIN, and how many tries it has left (None for unknown)."""
    modem = Branch(status).part("modem")
    left = modem.number("pin_tries")
    return modem.text("sim") in PIN_STATES, None if left is None else max(0, int(left))


def left_in_words(left: int | None, say: Texts) -> str:
    """Tries until the PUK."""
    if left is None:
        return say("wizard.pin.left.unknown")
    return say("wizard.pin.left.last") if left == 1 else say.count("wizard.pin.left", left)


def number_of(typed: str) -> str | None:
    """A telephone number as it is kept ("" for none); None for what is none. 8 and ten digits are Russian."""
    digits = re.sub(r"[\s().\-\u2010-\u2015]", "", typed)
    if not digits:
        return ""
    if re.fullmatch(r"8[0-9]{10}", digits):
        digits = "+7" + digits[1:]
    elif re.fullmatch(r"7[0-9]{10}", digits):
        digits = "+" + digits
    return digits if NUMBER.fullmatch(digits) else None


def greeting_of(answer: Mapping[str, Any], language: str) -> str:
    """Of `persona.show`, as it is written, with its blanks: the greeting that it tells has them filled in, and would
    keep a company's old name."""
    try:
        raw = Branch(tomllib.loads(str(answer.get("text", "")))).part(language).tree.get("greeting")
    except tomllib.TOMLDecodeError:
        raw = None
    shown = raw if isinstance(raw, str) and raw else answer.get("greeting")
    return shown[:MAX_GREETING] if isinstance(shown, str) else ""


def bundles(answer: Mapping[str, Any], language: str, say: Texts) -> tuple[Bundle, ...]:
    """Of `models.list`, those of the box's language first."""
    tree = Branch(answer)
    used = {str(value) for value in tree.part("active").tree.values()}
    memory, disk = tree.number("free_memory_mb"), tree.number("free_disk_mb")
    rows = tree.tree.get("bundles")
    found = [_bundle(Branch(row), used, memory, disk, say) for row in _list(rows)]
    return tuple(sorted((one for one in found if one.name), key=lambda one: not one.name.startswith(language)))


def _bundle(row: Branch, used: set[str], memory: float | None, disk: float | None, say: Texts) -> Bundle:
    name, models = row.text("name"), [one for one in _list(row.tree.get("models")) if isinstance(one, str)]
    wants, loads = row.number("memory_mb") or 0.0, row.number("download_mb") or 0.0
    installed = row.flag("installed") is True
    room = disk is None or installed or loads * 2 <= disk
    return Bundle(
        name=name,
        about=say.known(f"wizard.bundle.{name}") or name,
        models=", ".join(models[:MAX_NAMES]),
        download=size(loads * MB, say),
        memory=size(wants * MB, say),
        installed=installed,
        active=installed and bool(models) and used.issuperset(models),
        fits=room and (memory is None or wants <= memory),
    )


def in_use(answer: Mapping[str, Any], say: Texts) -> tuple[tuple[str, str], ...]:
    """What hears, speaks and answers now: pairs for a list of facts."""
    active = Branch(answer).part("active")
    return tuple((say(f"wizard.model.{kind}"), _named(active.text(kind), say)) for kind in ("stt", "tts", "llm"))


def _named(model: str, say: Texts) -> str:
    return say("wizard.model.starter") if model == "starter" else model or say("wizard.model.none")


def job(row: object, say: Texts) -> Job | None:
    """A job of models or of backups; None where there is none."""
    tree = Branch(row)
    if not tree.text("state"):
        return None
    received, total, part = tree.number("received"), tree.number("total"), tree.number("part")
    share = received / total if received is not None and total else part
    do = tree.text("do")
    step = tree.text("file") or say.known(f"wizard.step.{tree.text('step')}")
    trouble = tree.part("problem").text("text") or tree.text("problem")
    words = say.known(f"wizard.job.{do}.{tree.text('state')}") or say.known(f"wizard.job.{tree.text('state')}")
    return Job(do, tree.text("state"), _joined(words, step), None if share is None else _percent(share), trouble)


def held(result: Mapping[str, Any], say: Texts) -> Held:
    """Of `backup.verify`."""
    tree = Branch(result)
    models = [one for one in _list(result.get("models")) if isinstance(one, str)]
    secrets = [one for one in _list(result.get("secrets")) if isinstance(one, str)]
    return Held(
        made=say.moment(tree.number("created")),
        recordings=say.count("wizard.held.recordings", int(tree.number("recordings") or 0)),
        size=_weight(tree.number("bytes") or 0.0, say),
        models=", ".join(models[:MAX_NAMES]),
        secrets=tuple(secrets[:MAX_NAMES]),
    )


def done_or_skipped(status: Mapping[str, Any], say: Texts) -> Mark:
    """A line that takes no calls yet was left out, whatever one pressed."""
    return Mark.DONE if takes_calls(checks(status, say)) else Mark.SKIPPED


def _weight(count: float, say: Texts) -> str:
    return say("wizard.held.small") if count < MB else size(count, say)


def _percent(share: float) -> int:
    return max(0, min(100, int(share * 100)))


def _list(value: object) -> list[Any]:
    return list(value[:MAX_MODELS]) if isinstance(value, list | tuple) else []


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
