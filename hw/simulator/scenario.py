"""What a simulated caller will do: a TOML file, checked whole before the phone rings (PURE but for reading files)."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hw.simulator.callers.phrases import load_phrases
from hw.simulator.network import NetworkSettings, parse_network
from hw.simulator.options import OptionError, check
from hw.simulator.wav import RATE, Samples, WavError, read_wav

FOLDER = Path(__file__).parent / "scenarios"
MAX_STEPS = 100
MAX_SECONDS = 7200
"""Of a whole call, as the box itself allows."""
DIGITS = re.compile(r"[0-9*#A-D]{1,40}")


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to say: id and words for the record, and the samples."""

    id: str
    text: str
    samples: Samples = field(repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the caller does; `verb` is a key of VERBS."""

    verb: str
    value: Any = None
    sound: Sound | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def number(self, option: str) -> float:
        """A numeric option, given or by default."""
        return float(self.options.get(option, VERBS[self.verb].options[option][1]))


@dataclass(frozen=True, slots=True)
class Verb:
    """The type of a step's value, and its options with (type, default)."""

    value: Any
    options: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


VERBS: dict[str, Verb] = {
    "say": Verb(str, {"cut_after": (float, 0.0)}),
    "wait": Verb(Literal["silence", "speech"], {"seconds": (float, 1.5), "timeout": (float, 20.0)}),
    "pause": Verb(float),
    "silence": Verb(float),
    "digits": Verb(str, {"tone_ms": (int, 120), "gap_ms": (int, 120)}),
    "interrupt": Verb(str, {"after": (float, 1.0), "timeout": (float, 20.0)}),
    "hang_up": Verb(bool),
}

EXPECTATIONS: dict[str, Any] = {
    "answered": bool,
    "ended_by": Literal["caller", "box"],
    "min_seconds": float,
    "max_seconds": float,
    "box_speaks": int,
    "first_speech_within": float,
}

CALLEE: dict[str, Any] = {
    "does": Literal["answers", "busy", "rejects", "rings_on", "unreachable"],
    "ring_seconds": float,
    "connect_seconds": float,
}

_TOP: dict[str, Any] = {
    "title": dict,
    "language": Literal["ru", "en"],
    "number": str,
    "presentation": Literal["presented", "withheld", "unavailable"],
    "max_seconds": float,
    "give_up_after": float,
    "repeat": bool,
    "network": dict,
    "step": list,
    "callee": dict,
    "expect": dict,
}


@dataclass(frozen=True, slots=True)
class CalleeSettings:
    """How the far end takes a call that the box makes; seconds."""

    does: str = "answers"
    """answers, busy, rejects (after ringing), rings_on, unreachable"""
    ring_seconds: float = 6.0
    """From the first ringback to the answer."""
    connect_seconds: float = 2.0
    """From ATD to the first ringback."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole call from the far side; the box calls, or is called."""

    name: str
    title: Mapping[str, str]
    steps: tuple[Step, ...]
    language: str = "ru"
    number: str = "+79161234567"
    presentation: str = "presented"
    max_seconds: float = 70.0
    give_up_after: float = 30.0
    repeat: bool = False
    """The steps begin anew after the last one, until `max_seconds`."""
    network: NetworkSettings = field(default_factory=NetworkSettings)
    expect: Mapping[str, Any] = field(default_factory=dict)
    callee: CalleeSettings = field(default_factory=CalleeSettings)
    called: bool = False
    """Written for somebody whom the box calls: it has a [callee]."""


class _Reader:
    """Collects every problem while building the parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._phrases = load_phrases()

    def bad(self, where: str, problem: str | None) -> bool:
        if problem:
            self.problems.append(f"{where}: {problem}")
        return bool(problem)

    def unknown(self, where: str, key: str, known: Mapping[str, Any]) -> None:
        close = difflib.get_close_matches(key, known, 1)
        self.bad(where, f"unknown key {key!r}" + (f" (did you mean {close[0]}?)" if close else ""))

    def sound(self, where: str, text: str) -> Sound | None:
        """A phrase id, or the path of a WAV beside the scenario."""
        phrase = self._phrases.get(text)
        if phrase is None and not text.lower().endswith(".wav"):
            close = difflib.get_close_matches(text, self._phrases, 1)
            self.bad(where, f"unknown phrase {text!r}" + (f" (did you mean {close[0]}?)" if close else ""))
            return None
        path = phrase.path if phrase else self.folder / text
        try:
            return Sound(text, phrase.text if phrase else "", read_wav(path))
        except WavError as error:
            self.bad(where, str(error))
            return None

    def step(self, where: str, table: Any) -> Step | None:
        if not isinstance(table, dict):
            self.bad(where, "must be a table")
            return None
        verbs = [key for key in table if key in VERBS]
        if len(verbs) != 1:
            self.bad(where, f"needs exactly one of {', '.join(VERBS)}" + (f", has {', '.join(verbs)}" if verbs else ""))
            return None
        verb, value = verbs[0], table[verbs[0]]
        options = {key: option for key, option in table.items() if key != verb}
        for key, option in options.items():
            if key not in VERBS[verb].options:
                self.unknown(where, key, VERBS[verb].options)
            elif not self.bad(f"{where}.{key}", check(option, VERBS[verb].options[key][0])) and not 0 <= option <= 600:
                self.bad(f"{where}.{key}", f"must be 0 to 600, not {option:g}")
        if self.bad(f"{where}.{verb}", check(value, VERBS[verb].value)):
            return None
        if isinstance(value, int | float) and not 0 <= value <= 600:
            self.bad(f"{where}.{verb}", f"must be 0 to 600, not {value:g}")
        if verb == "digits" and not DIGITS.fullmatch(value):
            self.bad(f"{where}.digits", "must be 1 to 40 of 0-9 * # A-D")
        sound = self.sound(f"{where}.{verb}", value) if verb in ("say", "interrupt") else None
        return Step(verb, value, sound, options)

    def expectations(self, table: dict[str, Any]) -> None:
        for key, value in table.items():
            if key not in EXPECTATIONS:
                self.unknown("expect", key, EXPECTATIONS)
            else:
                self.bad(f"expect.{key}", check(value, EXPECTATIONS[key]))

    def callee(self, table: dict[str, Any]) -> CalleeSettings:
        for key, value in table.items():
            if key not in CALLEE:
                self.unknown("callee", key, CALLEE)
            elif not self.bad(f"callee.{key}", check(value, CALLEE[key])) and key != "does" and not 0 <= value <= 120:
                self.bad(f"callee.{key}", f"must be 0 to 120, not {value:g}")
        if self.problems:
            return CalleeSettings()
        times: dict[str, Any] = {key: float(value) for key, value in table.items() if key != "does"}
        return CalleeSettings(table.get("does", CalleeSettings().does), **times)


def build(name: str, table: dict[str, Any], folder: Path = FOLDER) -> Scenario:
    """A scenario from its table; WAV paths are relative to `folder`. Raises OptionError with every problem."""
    reader = _Reader(folder)
    good: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _TOP:
            reader.unknown("scenario", key, _TOP)
        elif not reader.bad(key, check(value, _TOP[key])):
            good[key] = value
    title = good.get("title", {})
    if not all(isinstance(title.get(code), str) for code in ("ru", "en")):
        reader.bad("title", "needs ru and en")
    raw_steps = good.get("step", [])
    if not 1 <= len(raw_steps) <= MAX_STEPS:
        reader.bad("step", f"1 to {MAX_STEPS} steps are needed, not {len(raw_steps)}")
    steps = [reader.step(f"step {number}", raw) for number, raw in enumerate(raw_steps[:MAX_STEPS], 1)]
    reader.expectations(good.get("expect", {}))
    callee = reader.callee(good.get("callee", {}))
    network = NetworkSettings()
    try:
        network = parse_network(good.get("network", {}))
    except OptionError as error:
        reader.problems += error.problems
    for key, most in (("max_seconds", MAX_SECONDS), ("give_up_after", 600)):
        if key in good and not 1 <= good[key] <= most:
            reader.bad(key, f"must be 1 to {most}, not {good[key]:g}")
    if not re.fullmatch(r"[+0-9*#]{0,32}", good.get("number", "")):
        reader.bad("number", "must be up to 32 of + 0-9 * #")
    if reader.problems:
        raise OptionError(reader.problems)
    plain: dict[str, Any] = {key: good[key] for key in ("language", "number", "presentation", "repeat") if key in good}
    times: dict[str, Any] = {key: float(good[key]) for key in ("max_seconds", "give_up_after") if key in good}
    done = tuple(step for step in steps if step is not None)
    expect = good.get("expect", {})
    called = "callee" in good
    return Scenario(name, title, done, network=network, expect=expect, callee=callee, called=called, **plain, **times)


def load(path: Path, extra: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario file, some of its top keys replaced by `extra`. Raises OptionError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError([f"{path}: {error}"]) from error
    return build(path.stem, {**table, **(extra or {})}, path.parent)


def names() -> list[str]:
    """The bundled scenarios."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name: str, extra: Mapping[str, Any] | None = None) -> Scenario:
    """A bundled scenario by name, or a file by path. Raises OptionError."""
    if name.endswith(".toml"):
        return load(Path(name), extra)
    if name not in names():
        close = difflib.get_close_matches(name, names(), 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names())}"
        raise OptionError([f"unknown scenario {name!r} ({hint})"])
    return load(FOLDER / f"{name}.toml", extra)


def from_wav(path: Path, table: dict[str, Any] | None = None) -> Scenario:
    """A call that waits for the greeting, plays a recording, hears the answer and hangs up. Raises OptionError."""
    try:
        samples = read_wav(path)
    except WavError as error:
        raise OptionError([str(error)]) from error
    title = {"ru": f"запись {path.name}", "en": f"recording {path.name}"}
    base = build("wav", {"title": title, "step": [{"hang_up": True}], **(table or {})}, path.parent)
    steps = (
        Step("wait", "silence", options={"seconds": 1.2, "timeout": 15.0}),
        Step("say", path.name, Sound(path.name, "", samples)),
        Step("wait", "silence", options={"seconds": 2.5, "timeout": 20.0}),
        Step("hang_up", True),
    )
    limit = max(base.max_seconds, len(samples) / RATE + 50.0)
    values = {name: getattr(base, name) for name in ("language", "number", "presentation", "give_up_after", "network")}
    return Scenario("wav", base.title, steps, max_seconds=limit, expect=base.expect, **values)
