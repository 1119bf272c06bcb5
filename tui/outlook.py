"""The box's state as people read it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tui.amounts import clock, duration, size
from tui.i18n.texts import Texts
from tui.plain import joined
from tui.tree import Tree

Toned = str | tuple[str, str]
BARS: Final = "▂▃▅▆█"
LEVELS: Final = {"critical": "bad", "error": "bad", "warning": "warn", "info": "dim"}
POWER_STEPS: Final = (-110, -100, -90, -80, -70)
"""dBm from which a bar is lit."""
HOT: Final = 75.0
"""°C from which a Raspberry Pi is near its throttling at 80."""
FULL: Final = 0.9


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what is so."""

    label: str
    value: tuple[Toned, ...]


def lit_bars(modem: Tree) -> int:
    """0..5; from the power where it is known, since the modem's own scale has four."""
    if modem.flag("up") is False:
        return 0
    dbm = modem.number("signal_dbm")
    return sum(dbm >= step for step in POWER_STEPS) if dbm is not None else max(0, min(5, modem.whole("bars")))


def bars(lit: int) -> tuple[Toned, ...]:
    """Five of them, the unlit ones low and dim."""
    tone = "ok" if lit >= 3 else "warn" if lit else "bad"
    return ((BARS[:lit], tone), ("▁" * (5 - lit), "dim"))


def headline(status: Tree, say: Texts) -> tuple[str, str]:
    """One sentence, with its tone."""
    if not status.values:
        return say("headline.unknown"), "dim"
    state = status.part("line").text("state")
    worst = {alert.text("level") for alert in status.parts("alerts")}
    if state not in ("", "idle", "away"):
        return say.known(f"headline.{state}", say("headline.busy")), "warn"
    if status.part("modem").flag("up") is False or state == "away":
        return say("headline.deaf"), "bad"
    if worst & {"error", "critical", "warning"}:
        return say("headline.degraded"), "warn"
    return say("headline.ok"), "ok"


def line_facts(status: Tree, today: Tree, say: Texts) -> Sequence[Fact]:
    """Line, network, SIM, today's calls."""
    line, modem = status.part("line"), status.part("modem")
    state = line.text("state")
    tone = {"idle": "ok", "away": "bad"}.get(state, "warn")
    facts = [
        Fact(say("fact.line"), ((say.known(f"line.{state}", state), tone), " ", line.text("number_masked"))),
        Fact(say("fact.modem"), _modem(modem, say)),
        Fact(say("fact.signal"), _signal(modem, say)),
        Fact(say("fact.operator"), (joined((modem.text("operator"), modem.text("technology"))) or "—",)),
        Fact(say("fact.sim"), _sim(modem, say)),
    ]
    if today.values:
        calls = say("today.calls", n=today.whole("calls"), answered=today.whole("answered"))
        missed = today.whole("missed")
        facts.append(Fact(say("fact.today"), (calls,)))
        facts.append(Fact(say("fact.missed"), ((str(missed), "warn" if missed else ""),)))
        left = today.whole("unhandled")
        words = say("today.messages", n=today.whole("messages"), left=left)
        facts.append(Fact(say("fact.messages"), ((words, "warn" if left else ""),)))
    return facts


def machine_facts(status: Tree, say: Texts) -> Sequence[Fact]:
    """Models and the machine under them."""
    box, storage, machine = status.part("box"), status.part("storage"), status.part("machine")
    facts = [
        Fact(say("fact.ears"), _engine(status.part("speech"), "recognizer", say)),
        Fact(say("fact.voice"), _engine(status.part("speech"), "voice", say)),
        Fact(say("fact.model"), _model(status.part("llm"), say)),
    ]
    if (load := machine.number("cpu_percent")) is not None:
        facts.append(Fact(say("fact.cpu"), ((f"{load:.0f} %", "warn" if load >= 90 else ""),)))
    total, free = machine.number("memory_bytes"), machine.number("memory_free_bytes")
    if total and free is not None:
        used = say("fact.of", part=size(total - free, say), whole=size(total, say))
        facts.append(Fact(say("fact.memory"), ((used, "warn" if free < total * (1 - FULL) else ""),)))
    if (heat := machine.number("temperature_c")) is not None:
        facts.append(Fact(say("fact.temperature"), ((f"{heat:.0f} °C", "bad" if heat >= HOT else ""),)))
    if (room := storage.number("free_bytes")) is not None:
        facts.append(Fact(say("fact.disk"), (say("disk.free", size=size(room, say)),)))
    recording = storage.flag("recording")
    if recording is not None:
        facts.append(Fact(say("fact.recording"), (say("recording.on" if recording else "recording.off"),)))
    if (up := box.number("uptime_seconds")) is not None:
        words = joined((duration(up, say), say("fact.version", version=box.text("version"))))
        facts.append(Fact(say("fact.up"), (words,)))
    return facts


def alerts(status: Tree, say: Texts) -> Sequence[tuple[Toned, ...]]:
    """What is wrong, worst first, each with what to do; one line that all is well where nothing is."""
    rows: list[tuple[Toned, ...]] = []
    for alert in status.parts("alerts"):
        tone = LEVELS.get(alert.text("level"), "warn")
        rows.append((("● ", tone), alert.text("text") or alert.text("code")))
        if remedy := alert.text("remedy"):
            rows.append((("  → ", "dim"), (remedy, "dim")))
    if not rows and status.values:
        rows.append((("✓ ", "ok"), say("alerts.none")))
    return rows


def since(status: Tree, now: float) -> str:
    """How long the line has been as it is."""
    began = status.part("line").number("since")
    return "" if began is None else clock(now - began)


def _modem(modem: Tree, say: Texts) -> tuple[Toned, ...]:
    if modem.flag("up"):
        return ((say("modem.up"), "ok"), " ", (modem.text("firmware"), "dim"))
    reason = modem.text("reason")
    return ((say.known(f"modem.{reason}", reason or say("modem.down")), "bad"),)


def _signal(modem: Tree, say: Texts) -> tuple[Toned, ...]:
    lit, dbm = lit_bars(modem), modem.number("signal_dbm")
    power = f" {dbm:.0f} dBm" if dbm is not None else f" {say('signal.unknown')}"
    return (*bars(lit), power)


def _sim(modem: Tree, say: Texts) -> tuple[Toned, ...]:
    state = modem.text("sim")
    if not state:
        return ("—",)
    return ((say.known(f"sim.{state}", state), "ok" if state == "ready" else "bad"),)


def _engine(speech: Tree, which: str, say: Texts) -> tuple[Toned, ...]:
    name = speech.text(which)
    if not name:
        return ((say("engine.away"), "bad"), " ", (speech.text("reason"), "dim"))
    starter: Toned = (f" {say('starter')}", "warn") if speech.flag("starter") else ""
    return ((name, "" if speech.flag("up") else "bad"), starter)


def _model(llm: Tree, say: Texts) -> tuple[Toned, ...]:
    if llm.flag("allowed") is False:
        return (say("model.faq"),)
    if not llm.flag("up"):
        return ((say("model.away"), "warn"), " ", (llm.text("reason"), "dim"))
    starter: Toned = (f" {say('starter')}", "warn") if llm.flag("starter") else ""
    return (llm.text("model"), starter)
