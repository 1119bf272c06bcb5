"""Runs a flow: an fact in, the next order out. Pure; all that it knows of a call is in its State.

One order is in progress at a time. What the caller says while the box speaks is kept, and taken by the next node that
listens.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from secretaryd.flow import builtin
from secretaryd.flow.events import (
    Answer,
    Answered,
    Digits,
    Fact,
    Failed,
    HangUp,
    Heard,
    MessageDone,
    Order,
    Said,
    Say,
    Silence,
    Started,
    TakeMessage,
)
from secretaryd.flow.events import Listen as ListenOrder
from secretaryd.flow.schema import Ai, AnnounceRecording, Flow, HangUpNode, Listen, Message, Node, Speak, Words

MAX_SILENCES: Final = 12
"""Time-outs in a row, through whatever nodes, after which nobody is there."""
MAX_SAID: Final = 25
"""Things said in a row with nobody listening."""
MAX_STEPS: Final = 5000
"""Facts a call; far above what its longest allowed time can bring."""
MAX_HEARD: Final = 2000
"""Characters kept of what was heard."""
MAX_FAILURES: Final = 5
"""Failures in a row."""
MAX_KEYS: Final = 40


_WORD = re.compile(r"[^\W_]+")


class FlowMismatch(Exception):
    """The state belongs to another flow, or to another version of it."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is to be kept of a call in a flow; JSON by `dump` and `restore`.

    `phase`: "new", "saying", "listening", "answering", "taking" or "done": which order is in progress.
    """

    flow: str
    version: int
    language: str
    recording: bool
    node: str
    phase: str = "new"
    heard: str = ""
    waiting: str = ""
    waiting_keys: str = ""
    silences: int = 0
    silent: int = 0
    said: int = 0
    failures: int = 0
    steps: int = 0
    announced: bool = False
    listener: str = ""
    """The node that listened last."""
    parting: bool = False
    """A goodbye was said, as far as the caller let it be."""

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
    """One flow, ready to lead any number of calls. `values` fill the {places} of its texts: greeting, company, name."""

    def __init__(self, flow: Flow, *, values: Mapping[str, str] | None = None) -> None:
        self.flow = flow
        self.values = dict(values or {})

    def has_key(self, digits: str) -> bool:
        """Whether some node of the flow waits for these keys."""
        nodes = self.flow.nodes.values()
        return any(digits in intent.keys for node in nodes if isinstance(node, Listen) for intent in node.intents)

    def begin(self, *, recording: bool, language: str | None = None) -> State:
        """The state of a call that has not begun; `Started` sets it off. A flow without the announcement must have been
        loaded with record=True: FlowMismatch otherwise."""
        if recording and builtin.announced(self.flow) is not self.flow:
            raise FlowMismatch(f"{self.flow.pin} does not announce the recording; load it with record=True")
        flow = self.flow
        return State(flow.id, flow.version, language or flow.language, recording, flow.start)

    def step(self, state: State, fact: Fact) -> Step:
        """The state after `fact` and what to do now. A fact that does not belong to the order in progress changes
        nothing but `steps`. FlowMismatch if the state is not of this flow."""
        if (state.flow, state.version) != (self.flow.id, self.flow.version) or state.node not in self.flow.nodes:
            raise FlowMismatch(f"a call in {state.flow}@{state.version} cannot go on in {self.flow.pin}")
        if state.done:
            return state, ()
        state = replace(state, steps=state.steps + 1)
        if state.steps > MAX_STEPS:
            return self.over(state, "limit")
        state, fact = _counted(state, fact)
        if state.silent > MAX_SILENCES:
            return self.over(state, "silence")
        if state.failures > MAX_FAILURES:
            return self.over(state, "failed")
        node = self.flow.nodes[state.node]
        handler = BEHAVIOUR.get((type(node), state.phase, type(fact)))
        if handler is None:
            return _kept(state, fact), ()
        return handler(self, state, node, fact)

    # What handlers are made of

    def enter(self, state: State, target: str) -> Step:
        """Goes to a node, and on through those that have nothing to do."""
        for _ in range(len(self.flow.nodes) + 1):
            node = self.flow.nodes[target]
            state = replace(state, node=target, silences=0)
            if isinstance(node, AnnounceRecording) and (not state.recording or state.announced):
                target = node.next
                continue
            return ENTER[type(node)](self, state, node)
        return self.over(state, "loop")

    def resume(self, state: State) -> Step:
        """Sets a call off that was under way before: without the greeting, with the announcement of recording."""
        target = self.flow.start
        for _ in self.flow.nodes:
            node = self.flow.nodes[target]
            if not isinstance(node, Speak):
                break
            target = node.next
        return self.enter(state, target)

    def say(self, state: State, words: Words, *, interruptible: bool = True) -> Step:
        """Orders words; empty ones count as said."""
        if state.said >= MAX_SAID:
            return self.over(state, "loop")
        text = words.text(state.language, self.values)
        if not text and not words.phrase:
            node, state = self.flow.nodes[state.node], replace(state, phase="saying", said=state.said + 1)
            return BEHAVIOUR[type(node), "saying", Said](self, state, node, Said(""))
        order = Say(text, words.phrase, interruptible)
        return replace(state, phase="saying", said=state.said + 1), (order,)

    def listen(self, state: State, node: Listen | Ai) -> Step:
        """Orders listening, or takes what was said or pressed meanwhile."""
        state = replace(state, phase="listening", said=0, listener=state.node)
        if state.waiting:
            fact: Fact = Heard(state.waiting)
            state = replace(state, waiting="")
        elif state.waiting_keys:
            fact = Digits(state.waiting_keys)
            state = replace(state, waiting_keys="")
        else:
            return state, (ListenOrder(node.timeout),)
        return BEHAVIOUR[type(node), "listening", type(fact)](self, state, node, fact)

    def silence(self, state: State, _node: Node, _fact: Fact) -> Step:
        """Nothing was heard: ask again, or give up as the flow says."""
        if state.parting:
            return self.over(state, "goodbye")
        policy = self.flow.silence
        count = state.silences + 1
        if count > policy.reprompts:
            return self.enter(state, policy.then)
        return self.say(replace(state, silences=count), policy.words[min(count, len(policy.words)) - 1])

    def over(self, state: State, reason: str) -> Step:
        """Ends the call."""
        return replace(state, phase="done"), (HangUp(reason),)

    def end(self, state: State, node: Node, fact: Fact) -> Step:
        """A hang_up node has said its words. Who speaks over them has not done yet, and is heard; once."""
        if isinstance(fact, Said) and fact.interrupted and state.listener and not state.parting:
            return self.enter(replace(state, parting=True), state.listener)
        return self.over(state, node.reason if isinstance(node, HangUpNode) else "flow")


def _counted(state: State, fact: Fact) -> tuple[State, Fact]:
    """Counts silence and failure in a row; a phrase without words is silence. Bounds what is kept."""
    if isinstance(fact, Heard) and fact.understood:
        text = " ".join(fact.text.split())[:MAX_HEARD].strip()
        fact = Heard(text) if text else Silence(0.0)
    if isinstance(fact, Digits):
        keys = "".join(char for char in fact.digits.upper() if char in "0123456789*#ABCD")[:MAX_KEYS]
        fact = Digits(keys) if keys else Silence(0.0)
    match fact:
        case Silence() if state.phase == "listening":
            state = replace(state, silent=state.silent + 1)
        case Failed() | Heard(understood=False):
            state = replace(state, failures=state.failures + 1)
        case Heard() | Digits():
            state = replace(state, silent=0, failures=0)
        case Said() | Answered():
            state = replace(state, failures=0)
    return state, fact


def _kept(state: State, fact: Fact) -> State:
    """What the caller said or pressed out of turn waits for the next node that listens."""
    if state.phase == "new":
        return state
    if isinstance(fact, Heard):
        return replace(state, waiting=f"{state.waiting} {fact.text}".strip()[:MAX_HEARD].strip())
    if isinstance(fact, Digits):
        return replace(state, waiting_keys=(state.waiting_keys + fact.digits)[:MAX_KEYS])
    return state


def _plain(text: str) -> str:
    words = _WORD.findall(text.lower().replace("ё", "е"))
    return f" {' '.join(words)} "


def chosen(node: Listen, text: str) -> str:
    """The node that a phrase leads to: that of the first intent one of whose phrases was said, else the default."""
    said = _plain(text)
    for intent in node.intents:
        if any(_plain(phrase) in said for phrase in intent.phrases):
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
    return replace(state, phase="answering", heard="", said=0), (Answer(state.heard, node.persona),)


def _enter_message(flow: Interpreter, state: State, node: Any) -> Step:
    if state.said >= MAX_SAID:
        return flow.over(state, "loop")
    prompt = node.words.text(state.language, flow.values)
    state = replace(state, phase="taking", heard="", waiting="", waiting_keys="", said=state.said + 1)
    return state, (TakeMessage(node.fields, prompt),)


def _enter_hang_up(flow: Interpreter, state: State, node: Any) -> Step:
    return flow.say(state, node.words) if node.words and not state.parting else flow.end(state, node, Said(""))


def _start(flow: Interpreter, state: State, node: Any, _: Fact) -> Step:
    return flow.enter(state, node.id)


def _next(flow: Interpreter, state: State, node: Any, _: Fact) -> Step:
    return flow.enter(state, node.next)


def _announced(flow: Interpreter, state: State, node: Any, _: Fact) -> Step:
    return flow.enter(replace(state, announced=True), node.next)


def _unannounced(flow: Interpreter, state: State, node: Any, _: Fact) -> Step:
    """The call may not be recorded in secret: once more, then it ends."""
    if state.failures > 1:
        return flow.over(state, "failed")
    return flow.say(state, node.words, interruptible=False)


def _listen_on(flow: Interpreter, state: State, node: Any, _: Fact) -> Step:
    return flow.listen(state, node)


def _branch(flow: Interpreter, state: State, node: Any, fact: Any) -> Step:
    if not fact.understood:
        return _unanswered(flow, state, node, fact)
    return flow.enter(replace(state, heard=fact.text), chosen(node, fact.text))


def _key(flow: Interpreter, state: State, node: Any, fact: Any) -> Step:
    for intent in node.intents:
        if fact.digits in intent.keys:
            return flow.enter(replace(state, heard=""), intent.next)
    return flow.silence(state, node, fact)


def _question(flow: Interpreter, state: State, node: Any, fact: Any) -> Step:
    if not fact.understood:
        return _unanswered(flow, state, node, fact)
    return replace(state, phase="answering", silences=0, said=0), (Answer(fact.text, node.persona),)


def _answered(flow: Interpreter, state: State, node: Any, fact: Any) -> Step:
    marks = {**flow.flow.marks, **node.marks}
    target = marks.get(fact.mark, node.next)
    ending = flow.flow.nodes[target]
    if fact.took_leave and isinstance(ending, HangUpNode):
        return flow.end(replace(state, node=target), ending, fact)  # one goodbye is enough
    return flow.enter(state, target)


def _unanswered(flow: Interpreter, state: State, _node: Any, _: Fact) -> Step:
    return flow.enter(state, flow.flow.failure)


ENTER: Final[Mapping[type[Node], Callable[[Interpreter, State, Any], Step]]] = {
    Speak: _enter_speak,
    AnnounceRecording: _enter_announce,
    Listen: _enter_listen,
    Ai: _enter_ai,
    Message: _enter_message,
    HangUpNode: _enter_hang_up,
}

Handler = Callable[[Interpreter, State, Any, Any], Step]

BEHAVIOUR: Final[Mapping[tuple[type[Node], str, type[Fact]], Handler]] = {
    **{(kind, "new", Started): _start for kind in ENTER},
    (Speak, "saying", Said): _next,
    (Speak, "saying", Failed): _next,
    (AnnounceRecording, "saying", Said): _announced,
    (AnnounceRecording, "saying", Failed): _unannounced,
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
    (Message, "taking", MessageDone): _next,
    (Message, "taking", Failed): _next,
    (HangUpNode, "saying", Said): Interpreter.end,
    (HangUpNode, "saying", Failed): Interpreter.end,
}
"""(kind of node, order in progress, fact) -> what happens. Anything else changes nothing."""
