"""PURE: what the pages of models show: what there is and what it needs, jobs, measurements."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch, size

KINDS: Final = ("stt", "tts", "llm")
MB: Final = 1e6
MIB: Final = 1 << 20
MOST: Final = 500
"""Models that are shown."""
MAX_FAULTS: Final = 20
STATES: Final = {"running": "busy", "done": "ok", "failed": "bad", "stopped": "off"}


@dataclass(frozen=True, slots=True)
class Model:
    """One of the catalogue, or one that was brought. `fits`: in the memory that is free now; `share`: of that memory,
    in percent, 100 at most."""

    name: str
    kind: str
    language: str
    about: str
    licence: str
    download: str
    memory: str
    share: int
    fits: bool
    installed: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """Models that go together."""

    name: str
    about: str
    models: tuple[str, ...]
    download: str
    memory: str
    fits: bool
    installed: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """Of one kind: what is on the box, and what could be."""

    kind: str
    here: tuple[Model, ...]
    more: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with models now, or was last. `percent`: None where it is not known; `faults`: of files."""

    title: str
    tone: str
    state: str
    running: bool
    file: str
    percent: int | None
    size: str
    problem: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything on the page of models."""

    shelves: tuple[Shelf, ...]
    bundles: tuple[Bundle, ...]
    free_memory: str
    free_disk: str
    job: Job | None


@dataclass(frozen=True, slots=True)
class Foretold:
    """A chat model on this box. An estimate."""

    name: str
    words: str
    fits: bool
    best: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """A measurement of the engines."""

    state: str
    running: bool
    when: str
    step: str
    percent: int
    pairs: tuple[tuple[str, str], ...]
    models: tuple[Foretold, ...]
    advice: str
    problem: str
    remedy: str


def stock(answer: Mapping[str, Any], say: Texts) -> Stock:
    """The answer of `models.list`."""
    tree = Branch(answer)
    free, disk = tree.number("free_memory_mb"), tree.number("free_disk_mb")
    models = [_model(row, free, say) for row in _rows(answer, "models")]
    # At work first, then what is there, then by what it needs: the order of the catalogue.
    models.sort(key=lambda one: (not one.active, not one.installed))
    shelves = tuple(
        Shelf(
            kind,
            tuple(one for one in models if one.kind == kind and one.installed),
            tuple(one for one in models if one.kind == kind and not one.installed),
        )
        for kind in KINDS
    )
    return Stock(
        shelves=tuple(shelf for shelf in shelves if shelf.here or shelf.more),
        bundles=tuple(_bundle(row, free, say) for row in _rows(answer, "bundles")),
        free_memory=say("unknown") if free is None else size(free * MIB, say),
        free_disk=say("unknown") if disk is None else size(disk * MIB, say),
        job=job(answer.get("job"), say),
    )


def job(row: Any, say: Texts) -> Job | None:
    """None before the first."""
    tree = Branch(row)
    state = tree.text("state")
    if state not in STATES:
        return None
    received, total = tree.number("received") or 0.0, tree.number("total") or 0.0
    names = row.get("names")
    listed = [one[:80] for one in names if isinstance(one, str)] if isinstance(names, list | tuple) else []
    do = say.known(f"models.do.{tree.text('do')}") or tree.text("do")
    known = total > 0 and received >= 0
    got = size(received, say)
    return Job(
        title=": ".join(filter(None, (do, ", ".join(listed[:MAX_FAULTS])))),
        tone=STATES[state],
        state=state,
        running=state == "running",
        file=tree.text("file"),
        percent=max(0, min(100, int(100 * received / total))) if known else None,
        size=say("doctor.of", n=got, whole=size(total, say)) if known else got if received else "",
        problem=tree.text("problem"),
        faults=tuple(_faults(tree.part("result").part("faults"))),
    )


def bench(row: Any, say: Texts) -> Bench | None:
    """A job of `bench.show`; None before the first."""
    tree = Branch(row)
    state = tree.text("state")
    if state not in STATES:
        return None
    result, problem = tree.part("result"), tree.part("problem")
    best = result.text("recommended")
    rows = result.tree.get("models")
    models = tuple(_foretold(Branch(one), best, say) for one in rows[:MOST]) if isinstance(rows, list) else ()
    step = tree.text("step")
    return Bench(
        state=state,
        running=state == "running",
        when=say.moment(tree.number("at")),
        step=say.known(f"models.step.{step}"),
        percent=max(0, min(100, int(100 * (tree.number("part") or 0.0)))),
        pairs=_measured(result, say) if state == "done" else (),
        models=models,
        advice=_advice(models, best, say) if state == "done" else "",
        problem=problem.text("text"),
        remedy=problem.text("remedy"),
    )


def _measured(result: Branch, say: Texts) -> tuple[tuple[str, str], ...]:
    voice, ears, llm, disk = (result.part(name) for name in ("voice", "recogniser", "llm", "disk"))
    if llm.text("away"):
        thought = say("models.bench.away", why=llm.text("away"))
    elif llm.number("decode") is None:
        thought = say("models.bench.none")
    else:
        read, written = (say.number(llm.number(key) or 0.0, 1) for key in ("prefill", "decode"))
        thought = say("models.bench.tokens", read=read, written=written)

    def seconds(tree: Branch, key: str, text: str) -> str:
        value = tree.number(key)
        return say("unknown") if value is None else say(text, n=say.number(value, 2))

    synced = disk.number("sync_p95_ms")
    stored = say("unknown") if synced is None else say("models.bench.ms", n=say.number(synced, 1))
    return (
        (say("models.bench.voice"), seconds(voice, "first_sound", "models.bench.first")),
        (say("models.bench.voice.work"), seconds(voice, "rtf", "models.bench.rtf")),
        (say("models.bench.ears"), seconds(ears, "rtf", "models.bench.rtf")),
        (say("models.bench.llm"), thought),
        (say("models.bench.disk"), stored),
    )


def _foretold(row: Branch, best: str, say: Texts) -> Foretold:
    seconds, name = row.number("seconds"), row.text("name")
    words = say("unknown") if seconds is None else say("models.bench.seconds", n=say.number(seconds, 1))
    return Foretold(name, words, row.flag("fits") is True, name == best and bool(best))


def _advice(models: tuple[Foretold, ...], best: str, say: Texts) -> str:
    if best:
        return say("models.bench.best", name=best)
    return say("models.bench.too_slow" if models else "models.bench.toy")


def _model(row: Branch, free: float | None, say: Texts) -> Model:
    need, load = row.number("memory_mb") or 0.0, row.number("download_mb")
    active = row.flag("active") is True
    language = row.text("language")
    return Model(
        name=row.text("name"),
        kind=row.text("kind"),
        language=say.known(f"models.language.{language}") or language,
        about=own_half(row.text("about"), say),
        licence=row.text("licence"),
        download="" if load is None else size(load * MB, say),
        memory=size(need * MB, say) if need > 0 else "",
        share=_share(need, free),
        fits=active or _fits(need, free),
        installed=row.flag("installed") is True,
        active=active,
    )


def _bundle(row: Branch, free: float | None, say: Texts) -> Bundle:
    need, load = row.number("memory_mb") or 0.0, row.number("download_mb")
    names = row.tree.get("models")
    return Bundle(
        name=row.text("name"),
        about=own_half(row.text("about"), say),
        models=tuple(one[:80] for one in names[:MAX_FAULTS] if isinstance(one, str)) if isinstance(names, list) else (),
        download="" if load is None else size(load * MB, say),
        memory=size(need * MB, say) if need > 0 else "",
        fits=_fits(need, free),
        installed=row.flag("installed") is True,
    )


def own_half(about: str, say: Texts) -> str:
    """The catalogue says it in Russian, a stroke, then English."""
    russian, stroke, english = about.partition(" / ")
    return english if stroke and say.language == "en" else russian


def _fits(need: float, free: float | None) -> bool:
    return free is None or need * MB <= free * MIB


def _share(need: float, free: float | None) -> int:
    if not free or free < 0 or need <= 0:
        return 0
    return max(0, min(100, round(100 * min(need * MB / (free * MIB), 1.0))))


def _faults(found: Branch) -> list[str]:
    """As one line each."""
    lines = []
    for name, faults in list(found.tree.items())[:MAX_FAULTS]:
        told = "; ".join(str(one)[:200] for one in faults[:5]) if isinstance(faults, list) else ""
        if told:
            lines.append(f"{str(name)[:80]}: {told}")
    return lines


def _rows(answer: Mapping[str, Any], key: str) -> list[Branch]:
    rows = answer.get(key)
    return [Branch(one) for one in rows[:MOST]] if isinstance(rows, list) else []
