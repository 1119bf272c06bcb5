"""A JSON value to nodes, collecting every problem on the way."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secretaryd.flow import builtin
from secretaryd.flow.schema import (
    DEFAULT_TIMEOUT,
    FIELDS,
    Ai,
    AnnounceRecording,
    HangUpNode,
    Intent,
    Listen,
    Message,
    Node,
    Speak,
    Words,
)

MAX_NODES: Final = 300
MAX_TEXT: Final = 1000
MAX_NAME: Final = 64
MAX_INTENTS: Final = 50
MAX_PHRASES: Final = 50
MIN_TIMEOUT: Final = 0.5
MAX_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a flow. `node` is empty for the flow as a whole; a warning does not stop it from running."""

    node: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{'warning: ' if self.warning else ''}{self.node or 'flow'}: {self.message}"


@dataclass(slots=True)
class Report:
    """Collects problems."""

    problems: list[Problem] = field(default_factory=list)

    def error(self, node: str, message: str) -> None:
        """Notes what stops the flow from running."""
        self.problems.append(Problem(node, message))

    def warn(self, node: str, message: str) -> None:
        """Notes what the owner should look at."""
        self.problems.append(Problem(node, message, warning=True))


def meant(name: str, known: Iterable[str]) -> str:
    """ "; did you mean ...?", or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def shown(value: object) -> str:
    """A value of a stranger's file, short enough for a message."""
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


@dataclass(slots=True)
class Reader:
    """One node's fields, each taken once; what is left at the end is unknown."""

    node: str
    raw: Mapping[str, Any]
    report: Report
    asked: set[str] = field(default_factory=lambda: {"id", "type", "title", "comment", "position"})

    def take(self, *names: str) -> Any:
        """The value under the first of `names` that is there; None if none is."""
        self.asked.update(names)
        return next((self.raw[name] for name in names if name in self.raw), None)

    def words(self, *, required: bool) -> Words:
        """`text` (a string, or one a language) and `phrase`."""
        phrase = self.take("phrase")
        if phrase is not None and not is_name(phrase):
            self.report.error(self.node, '"phrase" must be the id of a ready phrase')
            phrase = None
        words = as_words(self.take("text"), phrase or "", self.node, self.report)
        if required and not words:
            self.report.error(self.node, '"text" is missing')
        return words

    def target(self, *names: str, otherwise: str = "") -> str:
        """A node id; `otherwise` where there is none, with a warning if that is the built-in goodbye."""
        value = self.take(*names)
        if value is None:
            if otherwise == builtin.GOODBYE:
                self.report.warn(self.node, '"next" is missing: the call ends with a goodbye here')
            return otherwise
        return self.name_of(value, names[0], otherwise)

    def name_of(self, value: object, what: str, otherwise: str = "") -> str:
        """`value` if it may be an id, else `otherwise` and an error."""
        if is_name(value):
            return str(value)
        self.report.error(self.node, f'"{what}" must be the id of a node, not {shown(value)!r}')
        return otherwise

    def seconds(self, otherwise: float) -> float:
        """`timeout` in seconds, within bounds."""
        value = self.take("timeout", "timeout_s")
        if value is None:
            return otherwise
        number = not isinstance(value, bool) and isinstance(value, int | float)
        if not number or not MIN_TIMEOUT <= value <= MAX_TIMEOUT:
            self.report.error(
                self.node, f'"timeout" must be {MIN_TIMEOUT:g} to {MAX_TIMEOUT:g} seconds, not {shown(value)}'
            )
            return otherwise
        return float(value)

    def done(self) -> None:
        """Warns of fields that nobody asked for."""
        for name in self.raw:
            if name not in self.asked:
                self.report.warn(self.node, f'unknown field "{shown(name)}"{meant(str(name), self.asked)}')


def is_name(value: object) -> bool:
    """Whether `value` may be an id."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and value.isprintable()


def as_words(value: object, phrase: str, node: str, report: Report) -> Words:
    """A text, or texts by language, of bounded length."""
    if value is None:
        return Words({}, phrase)
    texts = {"": value} if isinstance(value, str) else value
    if not isinstance(texts, dict) or not all(
        isinstance(key, str) and isinstance(text, str) for key, text in texts.items()
    ):
        report.error(node, '"text" must be a string, or one string a language')
        return Words({}, phrase)
    if any(len(text) > MAX_TEXT for text in texts.values()) or len(texts) > 10:
        report.error(node, f"the text is longer than {MAX_TEXT} characters")
        return Words({}, phrase)
    return Words(dict(texts), phrase)


def _speak(read: Reader) -> Node:
    return Speak(read.node, read.words(required=True), read.target("next", otherwise=builtin.GOODBYE))


def _announce(read: Reader) -> Node:
    words = read.words(required=False) or builtin.RECORDING_WORDS
    return AnnounceRecording(read.node, words, read.target("next", otherwise=builtin.GOODBYE))


def _listen(read: Reader) -> Node:
    timeout = read.seconds(DEFAULT_TIMEOUT)
    raw = read.take("intents", "branches")
    default = read.target("default", "next")
    intents: list[Intent] = []
    if raw is not None and not isinstance(raw, dict):
        read.report.error(read.node, '"intents" must map names to nodes')
        raw = None
    if raw and len(raw) > MAX_INTENTS:
        read.report.error(read.node, f"more than {MAX_INTENTS} intents")
        raw = None
    for name, value in (raw or {}).items():
        if not is_name(name):
            read.report.error(read.node, f"bad intent name {shown(name)!r}")
        elif name == "default":
            default = read.name_of(value.get("next") if isinstance(value, dict) else value, "default")
        else:
            intents.append(_intent(name, value, read))
    if not default:
        read.report.error(read.node, 'neither a "default" intent nor "next": where does all else go?')
        default = builtin.GOODBYE
    return Listen(read.node, timeout, tuple(intents), default)


def _intent(name: str, value: object, read: Reader) -> Intent:
    if not isinstance(value, dict):
        return Intent(name, read.name_of(value, f"intents.{name}", builtin.GOODBYE))
    phrases, keys = _strings(value.get("phrases"), name, read), _strings(value.get("keys"), name, read)
    for other in value.keys() - {"next", "phrases", "keys"}:
        read.report.warn(
            read.node,
            f'intent "{name}": unknown field "{shown(other)}"{meant(str(other), ("next", "phrases", "keys"))}',
        )
    if any(not key or not set(key) <= set("0123456789*#ABCD") for key in keys):
        read.report.error(read.node, f'intent "{name}": keys are 0-9, *, #, A-D')
    target = read.name_of(value.get("next"), f"intents.{name}.next", builtin.GOODBYE)
    return Intent(name, target, phrases, keys)


def _strings(value: object, name: str, read: Reader) -> tuple[str, ...]:
    if value is None:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > MAX_PHRASES or not all(is_name(text) for text in texts):
        read.report.error(read.node, f'intent "{name}": phrases and keys are at most {MAX_PHRASES} short strings')
        return ()
    return tuple(texts)


def _ai(read: Reader) -> Node:
    persona = read.take("persona")
    if persona is not None and not is_name(persona):
        read.report.error(read.node, '"persona" must be a name')
        persona = None
    marks = targets(read.take("marks"), "marks", read)
    return Ai(read.node, persona or "", read.target("next", otherwise=read.node), read.seconds(DEFAULT_TIMEOUT), marks)


def targets(raw: object, what: str, read: Reader) -> dict[str, str]:
    """A mapping of names to node ids."""
    if raw is None:
        return {}
    if not isinstance(raw, dict) or len(raw) > MAX_INTENTS:
        read.report.error(read.node, f'"{what}" must map names to nodes')
        return {}
    return {str(name): read.name_of(value, f"{what}.{shown(name)}", builtin.GOODBYE) for name, value in raw.items()}


def _message(read: Reader) -> Node:
    raw = read.take("fields")
    fields = FIELDS
    if raw is not None:
        if isinstance(raw, list) and raw and len(set(map(str, raw))) == len(raw) and set(map(str, raw)) <= set(FIELDS):
            fields = tuple(raw)
        else:
            read.report.error(read.node, f'"fields" are some of {", ".join(FIELDS)}, each once')
    return Message(read.node, fields, read.words(required=False), read.target("next", otherwise=builtin.GOODBYE))


def _hang_up(read: Reader) -> Node:
    reason = read.take("reason")
    if reason is not None and not is_name(reason):
        read.report.error(read.node, '"reason" must be a short string')
        reason = None
    return HangUpNode(read.node, read.words(required=False), reason or "flow")


NODE_TYPES: Final[Mapping[str, Callable[[Reader], Node]]] = {
    "speak": _speak,
    "announce_recording": _announce,
    "listen": _listen,
    "ai": _ai,
    "message": _message,
    "hang_up": _hang_up,
}
"""Where a new kind of node enters: its reader here, its behaviour in interpreter.BEHAVIOUR."""

ALIASES: Final = {"say": "speak", "hangup": "hang_up"}
LATER: Final = frozenset({"menu", "condition", "record", "transfer", "sms"})
