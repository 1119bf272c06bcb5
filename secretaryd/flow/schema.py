"""What a flow is: nodes, their texts, and the policies that hold for all of them. Pure data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_TIMEOUT: Final = 5.0
"""Seconds of silence after which a listening node gives up a try."""

FIELDS: Final = ("matter", "name", "number")
"""What a message node can collect."""

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in one or more languages ("" holds for any), and the id of a ready phrase if there is one."""

    by_language: Mapping[str, str] = field(default_factory=dict)
    phrase: str = ""

    def text(self, language: str, values: Mapping[str, str]) -> str:
        """The text for `language`, else any, with {places} filled from `values` (unknown places vanish)."""
        texts = self.by_language
        found = texts.get(language) or texts.get("") or next(iter(texts.values()), "")
        return re.sub(r"\s+", " ", _PLACE.sub(lambda place: values.get(place.group(1), ""), found)).strip()

    def __bool__(self) -> bool:
        return bool(self.phrase or any(self.by_language.values()))


@dataclass(frozen=True, slots=True)
class Intent:
    """A branch of a listening node to the node `next`. `phrases` are words that mean it (any of them, anywhere in what
    was heard), `keys` DTMF strings."""

    name: str
    next: str
    phrases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speak:
    """Says something, then goes on."""

    id: str
    words: Words
    next: str


@dataclass(frozen=True, slots=True)
class AnnounceRecording:
    """Tells the caller that the call is recorded; passed over while recording is off. Cannot be interrupted."""

    id: str
    words: Words
    next: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Waits for the caller and branches; `default` takes what no intent knows."""

    id: str
    timeout: float
    intents: tuple[Intent, ...]
    default: str


@dataclass(frozen=True, slots=True)
class Ai:
    """Lets the answering ladder answer what was heard (and listens first if nothing was)."""

    id: str
    persona: str
    next: str
    timeout: float = DEFAULT_TIMEOUT
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """Has a message taken: the fields wanted, in order, and what to say before the first question."""

    id: str
    fields: tuple[str, ...]
    words: Words
    next: str


@dataclass(frozen=True, slots=True)
class HangUpNode:
    """Says goodbye, if it has words, and ends the call."""

    id: str
    words: Words
    reason: str = "flow"


Node = Speak | AnnounceRecording | Listen | Ai | Message | HangUpNode
LISTENING: Final = (Listen, Ai, Message)


@dataclass(frozen=True, slots=True)
class SilencePolicy:
    """How often to ask again when the caller is silent, and the node to go to then."""

    reprompts: int
    words: tuple[Words, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A complete graph: every edge leads to a node. `marks` says where an answer's mark leads; `failure` is the node
    for an answer that could not be given."""

    id: str
    version: int
    language: str
    start: str
    nodes: Mapping[str, Node]
    silence: SilencePolicy
    marks: Mapping[str, str]
    failure: str

    @property
    def pin(self) -> str:
        """`id@version`, as kept with a call."""
        return f"{self.id}@{self.version}"


def edges(node: Node) -> tuple[str, ...]:
    """The nodes that `node` itself leads to (the flow's policies apart)."""
    match node:
        case Listen():
            return (*(intent.next for intent in node.intents), node.default)
        case Ai():
            return (node.next, *node.marks.values())
        case HangUpNode():
            return ()
        case _:
            return (node.next,)


def ways_out(flow: Flow, node: Node) -> tuple[str, ...]:
    """Every node that may follow `node`, the flow's policies included."""
    more: tuple[str, ...] = ()
    if isinstance(node, Listen | Ai):
        more = (flow.silence.then, flow.failure)
    if isinstance(node, Ai):
        more = (*more, *flow.marks.values())
    return (*edges(node), *more)
