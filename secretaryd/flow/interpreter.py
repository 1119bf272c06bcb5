"""Runs a flow: an event in, the next order out. Pure; all that it knows of a call is in its State.

One order is in progress at a time. What the caller says while the box speaks is kept, and taken by the next node that listens.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from secretaryd.flow import builtin, events
from secretaryd.flow.events import Answer, Answered, Digits, Event, Failed, HangUp, Heard, MessageTaken, Order, Said
from secretaryd.flow.events import Say, Silence, Started, TakeMessage
from secretaryd.flow.schema import Ai, AnnounceRecording, Flow, HangUpNode, Listen, Message, Node, Speak, Words

MAX_SILENCES: Final = 12
"""Time-outs in a row, through whatever nodes, after which nobody is there."""
MAX_SAID: Final = 25
"""Things said in a row with nobody listening."""
MAX_STEPS: Final = 5000
"""Events a call; far above what its longest allowed time can bring."""
MAX_HEARD: Final = 2000
"""Characters kept of what was heard."""
MAX_FAILURES: Final = 5
"""Failures in a row."""
FIELD_TRIES: Final = 2


class FlowMismatch(Exception):
    """The state belongs to another flow, or to another version of it."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is to be kept of a call in a flow; JSON by `dump` and `restore`.

    `phase`: "new", "saying", "listening", "answering", "saving" or "done": which order is in progress.
    """

    flow: str
    version: int
    language: str
    recording: bool
    node: str
    phase: str = "new"
    heard: str = ""
    waiting: str = ""
    waiting_intents: tuple[str, ...] = ()
    waiting_keys: str = ""
    field: int = 0
    tries: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    silences: int = 0
    silent: int = 0
    said: int = 0
    failures: int = 0
    steps: int = 0
    announced: bool = False

    @property
    def done(self) -> bool:
        """HangUp has been ordered."""
        return self.phase == "done"


def dump(state: State) -> dict[str, Any]:
    """A JSON object."""
    value: dict[str, Any] = msgspec.to_builtins(state)
    return value


def restore(value: Mapping[str, Any]) -> State:
    """The reverse of `dump`; msgspec.ValidationError for anything else."""
    return msgspec.convert(value, State)


Step = tuple[State, tuple[Order, ...]]


class Interpreter:
    """One flow, ready to lead any number of calls. `values` fill the {places} of its texts ({greeting}, {company}, {name})."""

    def __init__(self, flow: Flow, *, values: Mapping[str, str] | None = None) -> None:
        self.flow = flow
        self.values = dict(values or {})

    def begin(self, *, recording: bool, language: str | None = None) -> State:
        """The state of a call that has not begun; `Started` sets it off. A flow without the announcement must have been
        loaded with record=True: FlowMismatch otherwise."""
        if recording and builtin.announced(self.flow) is not self.flow:
            raise FlowMismatch(f"{self.flow.pin} does not announce the recording; load it with record=True")
        flow = self.flow
        return State(flow.id, flow.version, language or flow.language, recording, flow.start)

    def step(self, state: State, event: Event) -> Step:
        """The state after `event` and what to do now. An event that does not belong to the order in progress changes
        nothing but `steps`. FlowMismatch if the state is not of this flow."""
        if (state.flow, state.version) != (self.flow.id, self.flow.version) or state.node not in self.flow.nodes:
            raise FlowMismatch(f"a call in {state.flow}@{state.version} cannot go on in {self.flow.pin}")
        if state.done:
            return state, ()
        state = replace(state, steps=state.steps + 1)
        if state.steps > MAX_STEPS:
            return self._end(state, "limit")
        state, event = _counted(state, event)
        if state.silent > MAX_SILENCES:
            return self._end(state, "silence")
        if state.failures > MAX_FAILURES:
            return self._end(state, "failed")
        node = self.flow.nodes[state.node]
        handler = BEHAVIOUR.get((type(node), state.phase, type(event)))
        if handler is None:
            return _kept(state, event), ()
        return handler(self, state, node, event)

    # What handlers are made of

    def enter(self, state: State, target: str) -> Step:
        """Goes to a node, and on through those that have nothing to do."""
        for _ in range(len(self.flow.nodes) + 1):
            node = self.flow.nodes[target]
            state = replace(state, node=target, silences=0, field=0, tries=0)
            if isinstance(node, AnnounceRecording) and (not state.recording or state.announced):
                target = node.next
                continue
            return ENTER[type(node)](self, state, node)
        return self._end(state, "loop")

    def say(self, state: State, words: Words, *, interruptible: bool = True) -> Step:
        """Orders words; empty ones count as said."""
        if state.said >= MAX_SAID:
            return self._end(state, "loop")
        text = words.text(state.language, self.values)
        order = Say(text, words.phrase, interruptible)
        return replace(state, phase="saying", said=state.said + 1), (order,)

    def listen(self, state: State, node: Listen | Ai | Message, name: str = "") -> Step:
        """Orders listening, or takes what was said meanwhile."""
        state = replace(state, phase="listening", said=0)
        if state.waiting or state.waiting_intents:
            event: Event = Heard(state.waiting, state.waiting_intents)
            state = replace(state, waiting="", waiting_intents=())
        elif state.waiting_keys:
            event = Digits(state.waiting_keys)
            state = replace(state, waiting_keys="")
        else:
            intents = node.intents if isinstance(node, Listen) else ()
            return state, (events.Listen(node.timeout, intents, name),)
        return BEHAVIOUR[type(node), "listening", type(event)](self, state, node, event)

    def silence(self, state: State, node: Node, _: Event) -> Step:
        """Nothing was heard: ask again, or give up as the flow says."""
        policy = self.flow.silence
        count = state.silences + 1
        if count > policy.reprompts:
            return self.enter(state, policy.then)
        return self.say(replace(state, silences=count), policy.words[min(count, len(policy.words)) - 1])

    def _end(self, state: State, reason: str) -> Step:
        return replace(state, phase="done"), (HangUp(reason),)

    def end(self, state: State, node: Node, _: Event) -> Step:
        """A hang_up node has said its words."""
        return self._end(state, node.reason if isinstance(node, HangUpNode) else "flow")


def partial_message(state: State) -> dict[str, str]:
    """What a caller has told of a message so far; for a call that ends in the middle of it. Empty if nothing."""
    return dict(state.fields)


def _counted(state: State, event: Event) -> tuple[State, Event]:
    """Counts silence and failure in a row; a blank phrase is silence. Bounds what is kept."""
    if isinstance(event, Heard):
        text = " ".join(event.text.split())[:MAX_HEARD]
        if not text and not event.intents:
            event = Silence(1)
        else:
            event = Heard(text, event.intents[:50])
    if isinstance(event, Digits):
        keys = "".join(char for char in event.text.upper() if char in "0123456789*#ABCD")[:40]
        event = Digits(keys) if keys else Silence(1)
    if isinstance(event, Silence):
        if state.phase != "listening":
            return state, event
        return replace(state, silent=state.silent + max(1, min(event.n, MAX_SILENCES))), event
    if isinstance(event, Failed):
        return replace(state, failures=state.failures + 1), event
    if isinstance(event, Heard | Digits):
        return replace(state, silent=0, failures=0), event
    return state, event


def _kept(state: State, event: Event) -> State:
    """What the caller said or pressed out of turn waits for the next node that listens."""
    if isinstance(event, Heard):
        return replace(
            state, waiting=f"{state.waiting} {event.text}".strip()[:MAX_HEARD], waiting_intents=event.intents
        )
    if isinstance(event, Digits):
        return replace(state, waiting_keys=(state.waiting_keys + event.text)[:40])
    return state


def _plain(text: str) -> str:
    return f" {' '.join(re.findall(r'[^\W_]+', text.lower().replace('ё', 'е')))} "


def chosen(node: Listen, heard: Heard) -> str:
    """The node that a phrase leads to: an intent that the driver recognised, one whose words were said, the default."""
    by_name = {intent.name: intent.next for intent in node.intents}
    for name in heard.intents:
        if name in by_name:
            return by_name[name]
    text = _plain(heard.text)
    for intent in node.intents:
        if any(_plain(phrase) in text for phrase in intent.phrases):
            return intent.next
    return node.default


# Behaviour of each kind of node. `flow` stands for the interpreter.


def _enter_speak(flow: Interpreter, state: State, node: Any) -> Step:
    return flow.say(state, node.words)


def _enter_announce(flow: Interpreter, state: State, node: Any) -> Step:
    return flow.say(state, node.words, interruptible=False)


def _enter_listen(flow: Interpreter, state: State, node: Any) -> Step:
    return flow.listen(replace(state, heard=""), node)


def _enter_ai(flow: Interpreter, state: State, node: Any) -> Step:
    if not state.heard:
        return flow.listen(state, node)
    return replace(state, phase="answering", heard="", said=0), (Answer(node.persona, state.heard),)


def _enter_message(flow: Interpreter, state: State, node: Any) -> Step:
    return _ask(flow, replace(state, fields={}, heard="", waiting="", waiting_intents=(), waiting_keys=""), node)


def _enter_hang_up(flow: Interpreter, state: State, node: Any) -> Step:
    return flow.say(state, node.words) if node.words else flow.end(state, node, Said())


def _start(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.enter(state, node.id)


def _next(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.enter(state, node.next)


def _announced(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.enter(replace(state, announced=True), node.next)


def _listen_on(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.listen(state, node)


def _branch(flow: Interpreter, state: State, node: Any, event: Any) -> Step:
    return flow.enter(replace(state, heard=event.text), chosen(node, event))


def _key(flow: Interpreter, state: State, node: Any, event: Any) -> Step:
    for intent in node.intents:
        if event.text in intent.keys:
            return flow.enter(replace(state, heard=""), intent.next)
    return flow.silence(state, node, event)


def _question(flow: Interpreter, state: State, node: Any, event: Any) -> Step:
    return replace(state, phase="answering", silences=0, said=0), (Answer(node.persona, event.text),)


def _answered(flow: Interpreter, state: State, node: Any, event: Any) -> Step:
    marks = {**flow.flow.marks, **node.marks}
    return flow.enter(replace(state, failures=0), marks.get(event.mark, node.next))


def _unanswered(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.enter(state, flow.flow.failure)


def _ask(flow: Interpreter, state: State, node: Message) -> Step:
    """The next field's question; with none left, the message is stored if there is anything in it."""
    if state.field < len(node.fields):
        return flow.say(state, node.prompts[node.fields[state.field]])
    if not state.fields:
        return flow.enter(state, node.next)
    return replace(state, phase="saving"), (TakeMessage(dict(state.fields)),)


def _listen_field(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.listen(state, node, node.fields[state.field])


def _told(flow: Interpreter, state: State, node: Any, event: Any) -> Step:
    fields = {**state.fields, node.fields[state.field]: event.text}
    return _ask(flow, replace(state, fields=fields, field=state.field + 1, tries=0), node)


def _untold(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    """Asks once more, then leaves the field out; a caller silent from the first field on is not asked the others."""
    if state.tries + 1 < FIELD_TRIES:
        return _ask(flow, replace(state, tries=state.tries + 1), node)
    following = state.field + 1 if state.fields else len(node.fields)
    return _ask(flow, replace(state, field=following, tries=0), node)


def _saved(flow: Interpreter, state: State, node: Any, _: Event) -> Step:
    return flow.enter(replace(state, fields={}), node.next)


ENTER: Final[Mapping[type[Node], Callable[[Interpreter, State, Any], Step]]] = {
    Speak: _enter_speak,
    AnnounceRecording: _enter_announce,
    Listen: _enter_listen,
    Ai: _enter_ai,
    Message: _enter_message,
    HangUpNode: _enter_hang_up,
}

Handler = Callable[[Interpreter, State, Any, Any], Step]

BEHAVIOUR: Final[Mapping[tuple[type[Node], str, type[Event]], Handler]] = {
    **{(kind, "new", Started): _start for kind in ENTER},
    (Speak, "saying", Said): _next,
    (Speak, "saying", Failed): _next,
    (AnnounceRecording, "saying", Said): _announced,
    (AnnounceRecording, "saying", Failed): _announced,
    (Listen, "saying", Said): _listen_on,
    (Listen, "saying", Failed): _listen_on,
    (Listen, "listening", Heard): _branch,
    (Listen, "listening", Digits): _key,
    (Listen, "listening", Silence): Interpreter.silence,
    (Listen, "listening", Failed): Interpreter.silence,
    (Ai, "saying", Said): _listen_on,
    (Ai, "saying", Failed): _listen_on,
    (Ai, "listening", Heard): _question,
    (Ai, "listening", Digits): Interpreter.silence,
    (Ai, "listening", Silence): Interpreter.silence,
    (Ai, "listening", Failed): Interpreter.silence,
    (Ai, "answering", Answered): _answered,
    (Ai, "answering", Failed): _unanswered,
    (Message, "saying", Said): _listen_field,
    (Message, "saying", Failed): _listen_field,
    (Message, "listening", Heard): _told,
    (Message, "listening", Digits): _told,
    (Message, "listening", Silence): _untold,
    (Message, "listening", Failed): _untold,
    (Message, "saving", MessageTaken): _saved,
    (Message, "saving", Failed): _saved,
    (HangUpNode, "saying", Said): Interpreter.end,
    (HangUpNode, "saying", Failed): Interpreter.end,
}
"""(kind of node, order in progress, event) -> what happens. Anything else changes nothing."""
