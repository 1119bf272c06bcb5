"""Conversations as files: what a caller says and does, and what must come of it. Described in
tests/conversations/README.md; read by the tests (on a virtual clock) and by the bench (in real time)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "conversations"
PAUSE: Final = re.compile(r"\(([0-9]+(?:\.[0-9]+)?)\)")
ACTIONS: Final = ("say", "noise", "press", "silent", "hang_up")
MODELS: Final = ("none", "scripted", "starter")
NETWORKS: Final = ("good", "mobile", "bad", "loud", "clean")


class BadScript(ValueError):
    """What is wrong with a file, all of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Words said in one breath after `pause` seconds; `heard` is what the recogniser makes of them."""

    pause: float
    text: str
    heard: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the caller does, and what must follow before the next. Exactly one of ACTIONS is given."""

    say: str = ""
    heard: str | None = None
    noise: float = 0.0
    press: str = ""
    silent: float = 0.0
    hang_up: bool = False
    over: float | None = None
    """Begins so many seconds into what the box says, instead of after it."""
    after: float = 0.7
    """Seconds of the box's silence that are waited for first."""
    cut: float | None = None
    """The caller hangs up so many seconds into the phrase."""
    confidence: float = 0.9
    source: str = ""
    answer: tuple[str, ...] = ()
    not_answer: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    phrases: int | None = None
    fault: str = ""
    """"stt dies", "tts hangs" …: an engine breaks as the step begins, or `fault_after` seconds later, for
    `fault_for`."""
    fault_after: float = 0.0
    fault_for: float = 6.0
    stops: bool | None = None
    quiet: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """The stretches of a `say`."""
        said = PAUSE.split(self.say)
        heard = PAUSE.split(self.say if self.heard is None else self.heard)
        one = len(heard) == 1 and len(said) > 1
        texts = [text.strip() for text in said[::2]]
        hears = ["" for _ in texts[1:]] + [heard[0].strip()] if one else [text.strip() for text in heard[::2]]
        pauses = [0.0, *map(float, said[1::2])]
        return tuple(Part(*each) for each in zip(pauses, texts, hears, strict=True))

    @property
    def action(self) -> str:
        """Which of ACTIONS."""
        return next(name for name in ACTIONS if getattr(self, name))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the scripted model says to a caller's phrase with all these words in it."""

    when: tuple[str, ...]
    says: str
    delay: float = 0.3


@dataclass(frozen=True, slots=True)
class Expect:
    """What must be when the call is over."""

    outcome: str = "answered"
    end: str = "secretary"
    messages: int | None = None
    name: str | None = None
    number: str | None = None
    matter: tuple[str, ...] = ()
    not_matter: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    recorded: bool = True
    pace: float = 1.0
    said: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """Words that the box never says in the call."""
    seconds: float | None = None
    """The call takes no longer."""
    gap: float | None = None
    """A caller who is owed an answer hears nothing for no longer."""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation."""

    name: str
    title: str
    steps: tuple[Step, ...]
    expect: Expect = field(default_factory=Expect)
    replies: tuple[Reply, ...] = ()
    number: str = "+79161234567"
    language: str = "ru"
    persona: str = "Гуля"
    record: bool = True
    model: str = "none"
    english: bool = False
    """The box understands and speaks English beside its own language."""
    max_seconds: float = 600.0
    """The box ends the call then."""
    warm: bool = False
    """What is known beforehand has its sound already."""
    pace: str = ""
    """Tokens a second of reading and writing, "30/8", instead of each reply's delay."""
    known_gap: str = ""
    """Why the product cannot do this yet; the test fails as soon as it can."""
    bench: bool = True
    """Played in real time too."""
    network: str = ""
    voice: str = ""


_LISTS: Final = {
    "answer", "not_answer", "understood", "when", "matter", "not_matter", "summary", "said", "never",
}  # fmt: skip


def _build(kind: type[Any], table: Mapping[str, Any], where: str, problems: list[str], **given: Any) -> Any:
    """An object of a table, its strings made lists where lists are meant."""
    known = {each.name: each for each in fields(kind)}
    values = dict(given)
    for key, value in table.items():
        if key not in known or key in given:
            problems.append(f"{where}: unknown key {key!r}; known: {', '.join(name for name in known)}")
        elif key in _LISTS:
            values[key] = (value,) if isinstance(value, str) else tuple(value)
        elif isinstance(value, int) and not isinstance(value, bool) and "float" in str(known[key].type):
            values[key] = float(value)
        else:
            values[key] = value
    try:
        return kind(**values)
    except TypeError as error:
        problems.append(f"{where}: {error}")
        return None


def parse(name: str, table: dict[str, Any]) -> Script:
    """A conversation of its table. Raises BadScript with every problem."""
    problems: list[str] = []
    table = dict(table)
    raw_steps, raw_replies = table.pop("step", []), table.pop("model_says", [])
    expect = _build(Expect, table.pop("expect", {}), "expect", problems)
    steps = tuple(_step(number, raw, problems) for number, raw in enumerate(raw_steps, 1))
    replies = tuple(_build(Reply, raw, f"model_says {n}", problems) for n, raw in enumerate(raw_replies, 1))
    script = _build(Script, table, "file", problems, name=name, steps=steps, replies=replies, expect=expect)
    if not steps:
        problems.append("no [[step]] at all")
    if script is not None:
        if script.model not in MODELS:
            problems.append(f"model: one of {', '.join(MODELS)}, not {script.model!r}")
        if bool(replies) != (script.model == "scripted"):
            problems.append('[[model_says]] belongs to model = "scripted", and it needs one')
        if script.network and script.network not in NETWORKS:
            problems.append(f"network: one of {', '.join(NETWORKS)}, not {script.network!r}")
    if problems:
        raise BadScript(f"{name}: " + "; ".join(problems))
    return script


def _step(number: int, raw: Mapping[str, Any], problems: list[str]) -> Step | None:
    where = f"step {number}"
    step: Step | None = _build(Step, raw, where, problems)
    if step is None:
        return None
    given = [name for name in ACTIONS if getattr(step, name)]
    if len(given) != 1:
        problems.append(f"{where}: needs exactly one of {', '.join(ACTIONS)}, has {', '.join(given) or 'none'}")
        return step
    if step.say:
        try:
            texts = [part.text for part in step.parts]
        except ValueError:
            problems.append(f"{where}: heard has other pauses than say")
        else:
            if not all(texts):
                problems.append(f"{where}: a pause must stand between words")
    elif step.heard is not None and not step.noise:
        problems.append(f"{where}: heard belongs to say or noise")
    if step.stops is not None and step.over is None:
        problems.append(f"{where}: stops belongs to a step with over")
    return step


def load(path: Path) -> list[Script]:
    """A file: one conversation, or one for each of its `each`. Raises BadScript."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadScript(f"{path.name}: {error}") from error
    each = table.pop("each", None)
    if each is None:
        return [parse(path.stem, table)]
    return [parse(f"{path.stem}: {text}", _filled(table, text)) for text in each]


def _filled(value: Any, text: str) -> Any:
    """A copy with `text` in the place of {each}."""
    if isinstance(value, str):
        return value.replace("{each}", text)
    if isinstance(value, list):
        return [_filled(one, text) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, text) for key, one in value.items()}
    return value


def scripts(folder: Path = FOLDER) -> list[Script]:
    """All of a folder, by name."""
    return [script for path in sorted(folder.glob("*.toml")) for script in load(path)]
