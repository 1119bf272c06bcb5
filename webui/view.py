"""What the status page shows: pure, from the core's tree and the texts. Tolerant, for core and web may be of different
versions for a while: what is missing or of the wrong type is shown as unknown, never guessed."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts

MAX_BARS: Final = 5
BAR_DBM: Final = (-105, -95, -85, -75, -65)
"""Received power from which each bar is lit; GSM needs about -104 dBm (3GPP TS 45.005, 6.2)."""

MAX_ALERTS: Final = 20
MAX_TEXT: Final = 300
TROUBLE: Final = frozenset({"warning", "error", "critical"})
BUSY_STATES: Final = frozenset({"ringing", "answering", "dialling", "connecting", "talking", "ending"})
BAD_OUTCOMES: Final = frozenset({"missed", "failed"})


@dataclass(frozen=True, slots=True)
class Alert:
    """Something the owner should know; `level` is info, warning or error."""

    level: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One part of the box: `state` is ok, warn, bad or off."""

    name: str
    title: str
    state: str
    headline: str
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    bars: int | None = None


@dataclass(frozen=True, slots=True)
class CallLine:
    """A row of the latest calls; `tone` is ok, bad or off."""

    when: str
    number: str
    outcome: str
    tone: str
    lasted: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Everything on the page. `state` is ok, warn, bad or busy."""

    name: str
    company: str
    state: str
    headline: str
    detail: str
    simulated: str
    starter: str
    alerts: tuple[Alert, ...]
    tiles: tuple[Tile, ...]
    calls: tuple[CallLine, ...]
    calls_note: str
    footer: tuple[str, ...]


class Branch:
    """A part of the tree that may lack anything."""

    def __init__(self, tree: object) -> None:
        self._tree: Mapping[str, Any] = tree if isinstance(tree, Mapping) else {}

    @property
    def tree(self) -> Mapping[str, Any]:
        """The bare mapping."""
        return self._tree

    def part(self, key: str) -> "Branch":
        """A branch below; empty if missing."""
        return Branch(self._tree.get(key))

    def text(self, key: str) -> str:
        """A string cut to a sane length, "" if missing."""
        value = self._tree.get(key)
        return " ".join(value.split())[:MAX_TEXT] if isinstance(value, str) else ""

    def texts(self, key: str) -> tuple[str, str] | None:
        """A pair of strings, None if it is anything else."""
        value = self._tree.get(key)
        if not isinstance(value, list | tuple) or len(value) != 2 or not all(isinstance(one, str) for one in value):
            return None
        return " ".join(value[0].split())[:MAX_TEXT], " ".join(value[1].split())[:MAX_TEXT]

    def flag(self, key: str) -> bool | None:
        """True, False, or None for unknown."""
        value = self._tree.get(key)
        return value if isinstance(value, bool) else None

    def number(self, key: str) -> float | None:
        """A finite number, or None."""
        value = self._tree.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)

    def parts(self, key: str) -> "list[Branch]":
        """A list of branches."""
        value = self._tree.get(key)
        return [Branch(one) for one in value[:MAX_ALERTS]] if isinstance(value, list) else []


def health(status: Mapping[str, Any]) -> str:
    """The public word while the core answers: ok or degraded. The model counts only where it may speak to callers."""
    tree = Branch(status)
    modem, llm = tree.part("modem"), tree.part("llm")
    well = (
        modem.flag("up") is True
        and modem.text("sim") in {"", "ready"}
        and tree.part("speech").flag("up") is True
        and not (llm.flag("allowed") and llm.flag("up") is not True)
        and not any(alert.text("level") in TROUBLE for alert in tree.parts("alerts"))
    )
    return "ok" if well else "degraded"


def present(
    status: Mapping[str, Any], calls: Sequence[Mapping[str, Any]] | None, say: Texts, now: float | None = None
) -> StatusPage:
    """The page for the core's `status`; `calls` None means that the list could not be had."""
    tree = Branch(status)
    now = time.time() if now is None else now
    box = tree.part("box")
    state, headline, detail = _headline(tree, say, now)
    version, uptime = box.text("version"), box.number("uptime_seconds")
    footer = [say("footer.version", version=version)] if version else []
    if uptime is not None:
        footer.append(say("footer.uptime", time=duration(uptime, say)))
    rows = tuple(_call(Branch(one), say) for one in calls or ())
    return StatusPage(
        name=box.text("name"),
        company=box.text("company"),
        state=state,
        headline=headline,
        detail=detail,
        simulated=say("banner.simulated") if box.flag("simulated") else "",
        starter=_starter(tree, say),
        alerts=tuple(_alerts(tree, say)),
        tiles=(_network(tree.part("modem"), say), _speech(tree, say), _llm(tree, say), _storage(tree, say)),
        calls=rows,
        calls_note="" if rows else say("calls.away" if calls is None else "calls.none"),
        footer=tuple(footer),
    )


def bars_of(dbm: float | None) -> int | None:
    """0..5 lit bars; None when the modem does not know."""
    return None if dbm is None else sum(dbm >= least for least in BAR_DBM)


def duration(seconds: float, say: Texts) -> str:
    """Two figures at most: "2 ч 5 мин", "40 с"."""
    left = max(0, int(seconds))
    figures = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            figures.append((unit, count))
        elif figures:
            break
    return " ".join(say(f"time.{unit}", n=count) for unit, count in figures[:2]) or say("time.s", n=0)


def size(count: float, say: Texts) -> str:
    """In GB with one figure after the point, in whole MB below one, in kB below one of those."""
    if count >= 1e9:
        return say("size.g", n=say.number(count / 1e9, 1))
    if 0 < count < 1e6:
        return say("size.k", n=max(1, int(count / 1e3)))
    return say("size.m", n=max(0, int(count / 1e6)))


def masked(number: str) -> str:
    """A number of which only the ends are shown: the page has no sign-in yet."""
    return f"{number[:2]}\u2009···\u2009{number[-2:]}" if len(number) > 6 else "···"


def _headline(tree: Branch, say: Texts, now: float) -> tuple[str, str, str]:
    line, modem = tree.part("line"), tree.part("modem")
    state = line.text("state")
    if state in BUSY_STATES:
        since = line.number("since")
        lasted = say("say.for", time=duration(now - since, say)) if since is not None and since <= now else ""
        who = line.text("number_masked") or say("number.withheld")
        return "busy", say(f"say.{state}"), ", ".join(filter(None, (who, lasted)))
    if modem.flag("up") is not True or _sim_trouble(modem, say):
        return "bad", say("say.deaf"), _network(modem, say).headline
    if health(tree.tree) != "ok":
        return "warn", say("say.degraded"), ""
    return "ok", say("say.ok"), ""


def _starter(tree: Branch, say: Texts) -> str:
    parts = [say(f"part.{name}") for name in ("speech", "llm") if tree.part(name).flag("starter")]
    return say("banner.starter.parts", parts=", ".join(parts)) if parts else ""


def _alerts(tree: Branch, say: Texts) -> list[Alert]:
    """Without those that the banner says already."""
    banner = {"starter.models"} if _starter(tree, say) else set()
    told = [one for one in tree.parts("alerts") if one.text("code") not in banner]
    return [_alert(one, say) for one in told if one.text("text") or one.text("code")]


def _alert(alert: Branch, say: Texts) -> Alert:
    """In the reader's language, where the core tells it; else in the box's."""
    level = alert.text("level")
    shown = "error" if level == "critical" else level if level in {"info", "warning", "error"} else "warning"
    text, remedy = alert.part("words").texts(say.language) or (alert.text("text"), alert.text("remedy"))
    return Alert(shown, text or alert.text("code"), remedy)


def _sim_trouble(modem: Branch, say: Texts) -> str:
    return say.known(f"sim.{modem.text('sim')}")


def _network(modem: Branch, say: Texts) -> Tile:
    # From the power itself where it is known: the modem's own scale has four bars, the picture five.
    dbm, bars = modem.number("signal_dbm"), modem.number("bars")
    lit = bars_of(dbm) if dbm is not None or bars is None else max(0, min(MAX_BARS, int(bars)))
    if modem.flag("up") is not True:
        reason = modem.text("reason")
        headline = say.known(f"modem.{reason}") or say("network.down")
        notes = tuple(filter(None, (say.known(f"modem.{reason}.todo"), modem.text("detail"))))
        return Tile("network", say("tile.network"), "bad", headline, notes, bars=0)
    if trouble := _sim_trouble(modem, say):
        return Tile("network", say("tile.network"), "bad", trouble, (), bars=lit)
    operator = modem.text("operator")
    note = say("network.nosignal") if lit is None else say("network.signal", bars=lit)
    state = "ok" if operator and lit else "warn"
    notes = tuple(filter(None, (modem.text("technology"), note)))
    return Tile("network", say("tile.network"), state, operator or say("network.down"), notes, bars=lit or 0)


def _speech(tree: Branch, say: Texts) -> Tile:
    speech = tree.part("speech")
    title = say("tile.speech")
    if speech.flag("up") is not True:
        notes = tuple(filter(None, (say("speech.down.text"), speech.text("reason"))))
        return Tile("speech", title, "bad", say("speech.down"), notes)
    facts = tuple((say(f"speech.{key}"), speech.text(key)) for key in ("recognizer", "voice") if speech.text(key))
    return Tile("speech", title, "warn" if speech.flag("starter") else "ok", say("speech.up"), (), facts)


def _llm(tree: Branch, say: Texts) -> Tile:
    llm = tree.part("llm")
    title = say("tile.llm")
    facts = ((say("llm.model"), llm.text("model")),) if llm.text("model") else ()
    if llm.flag("allowed") is False:
        return Tile("llm", title, "off", say("llm.faq"), (say("llm.faq.text"),), facts)
    if llm.flag("up") is not True:
        notes = tuple(filter(None, (say("llm.down.text"), llm.text("reason"))))
        return Tile("llm", title, "warn", say("llm.down"), notes, facts)
    return Tile("llm", title, "warn" if llm.flag("starter") else "ok", say("llm.up"), (), facts)


def _storage(tree: Branch, say: Texts) -> Tile:
    storage = tree.part("storage")
    free, recording = storage.number("free_bytes"), storage.flag("recording")
    space = say("storage.unknown") if free is None else say("storage.free", size=size(free, say))
    headline = say("unknown") if recording is None else say("storage.recording" if recording else "storage.off")
    state = "ok" if recording and free is not None else "off"
    return Tile("storage", say("tile.storage"), state, headline, (space,))


def _call(call: Branch, say: Texts) -> CallLine:
    began, answered, ended = (call.number(key) for key in ("began", "answered", "ended"))
    outcome = call.text("outcome")
    number = call.text("number_masked") or (masked(call.text("number")) if call.text("number") else "")
    return CallLine(
        when=say.moment(began),
        number=number or say("number.withheld"),
        outcome=say.known(f"outcome.{outcome}") or outcome,
        tone="bad" if outcome in BAD_OUTCOMES else "off" if outcome == "blocked" else "ok",
        lasted=duration(ended - answered, say) if answered is not None and ended is not None else "",
    )
