"""The interpreter: conversations as tables, and any order of any facts."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secretaryd.flow.events import (
    Answer,
    Answered,
    Digits,
    Fact,
    Failed,
    HangUp,
    Heard,
    Listen,
    MessageDone,
    Order,
    Said,
    Say,
    Silence,
    Started,
    TakeMessage,
)
from secretaryd.flow.interpreter import MAX_HEARD, FlowMismatch, Interpreter, State, dump, restore
from secretaryd.flow.library import default_flow
from secretaryd.flow.validate import load

ROADMAP = (Path(__file__).parent / "roadmap_ivr.json").read_text(encoding="utf-8")
SAID = Said("")
FIELDS = ("matter", "name", "number")


def interpreter(record: bool = True) -> Interpreter:
    return Interpreter(default_flow(record=record), values={"greeting": "Здравствуйте, это Гуля!"})


def run(leader: Interpreter, facts: list[Fact], *, recording: bool = True, language: str | None = None) -> list[Order]:
    state = leader.begin(recording=recording, language=language)
    done: list[Order] = []
    for fact in facts:
        state, orders = leader.step(restore(json.loads(json.dumps(dump(state)))), fact)
        done += orders
    return done


def names(orders: list[Order]) -> list[str]:
    return [f"say {order.phrase}" if isinstance(order, Say) else type(order).__name__ for order in orders]


OPENING: list[Fact] = [Started(), SAID, SAID]

TALKS: dict[str, tuple[list[Fact], list[str]]] = {
    "greeting, announcement, then the caller's turn": (OPENING, ["say greeting", "say recording", "Listen"]),
    "a question is answered and the caller's turn comes again": (
        [*OPENING, Heard("когда вы работаете"), Answered()],
        ["say greeting", "say recording", "Listen", "Answer", "Listen"],
    ),
    "two re-prompts, then a message is offered, then goodbye": (
        [*OPENING, *[Silence(6.0), SAID] * 2, Silence(6.0), SAID, MessageDone(taken=False), SAID],
        [
            "say greeting",
            "say recording",
            "Listen",
            "say reprompt_1",
            "Listen",
            "say reprompt_2",
            "Listen",
            "say leave_message",
            "TakeMessage",
            "say goodbye",
            "HangUp",
        ],
    ),
    "a word from the caller forgives all silence": (
        [*OPENING, Silence(6.0), SAID, Silence(6.0), SAID, Heard("алло"), Answered(), Silence(6.0)],
        [
            "say greeting",
            "say recording",
            "Listen",
            "say reprompt_1",
            "Listen",
            "say reprompt_2",
            "Listen",
            "Answer",
            "Listen",
            "say reprompt_1",
        ],
    ),
    "the words for a message lead to it": (
        [*OPENING, Heard("я хочу Оставить сообщение для директора"), MessageDone(taken=True), SAID],
        ["say greeting", "say recording", "Listen", "TakeMessage", "say goodbye", "HangUp"],
    ),
    "key one leads to the message": (
        [*OPENING, Digits("1"), MessageDone(taken=True)],
        ["say greeting", "say recording", "Listen", "TakeMessage", "say goodbye"],
    ),
    "an unknown key asks again": (
        [*OPENING, Digits("7")],
        ["say greeting", "say recording", "Listen", "say reprompt_1"],
    ),
    "goodbye ends the call": (
        [*OPENING, Heard("спасибо, до свидания"), SAID],
        ["say greeting", "say recording", "Listen", "say goodbye", "HangUp"],
    ),
    "the answer's mark takes a message": (
        [*OPENING, Heard("пусть перезвонят"), Answered("message")],
        ["say greeting", "say recording", "Listen", "Answer", "TakeMessage"],
    ),
    "the answer's mark ends the call": (
        [*OPENING, Heard("всё"), Answered("hangup"), SAID],
        ["say greeting", "say recording", "Listen", "Answer", "say goodbye", "HangUp"],
    ),
    "a mark that this flow does not know goes on talking": (
        [*OPENING, Heard("соедините"), Answered("transfer")],
        ["say greeting", "say recording", "Listen", "Answer", "Listen"],
    ),
    "no answer can be given: a message is taken": (
        [*OPENING, Heard("сколько стоит"), Failed("model"), SAID, MessageDone(taken=True), SAID],
        [
            "say greeting",
            "say recording",
            "Listen",
            "Answer",
            "say cannot_answer",
            "TakeMessage",
            "say goodbye",
            "HangUp",
        ],
    ),
    "speech that nothing could understand leads to a message": (
        [*OPENING, Heard("", understood=False), SAID],
        ["say greeting", "say recording", "Listen", "say cannot_answer", "TakeMessage"],
    ),
    "what is said during the greeting is answered after the announcement": (
        [Started(), Heard("сколько стоит доставка"), SAID, SAID],
        ["say greeting", "say recording", "Answer"],
    ),
    "a phrase without words is silence": (
        [*OPENING, Heard("  ")],
        ["say greeting", "say recording", "Listen", "say reprompt_1"],
    ),
    "a failed recogniser counts as silence": (
        [*OPENING, Failed("recogniser"), SAID],
        ["say greeting", "say recording", "Listen", "say reprompt_1", "Listen"],
    ),
    "a greeting that cannot be said is passed over": ([Started(), Failed("speech")], ["say greeting", "say recording"]),
    "no recording without announcement": (
        [Started(), SAID, Failed("speech"), Failed("speech"), SAID],
        ["say greeting", "say recording", "say recording", "HangUp"],
    ),
    "facts out of turn change nothing": (
        [Said("x"), Started(), Started(), Answered("hangup"), MessageDone(taken=True), Silence(9.0)],
        ["say greeting"],
    ),
}


@pytest.mark.parametrize(("facts", "expected"), TALKS.values(), ids=TALKS)
def test_talk(facts: list[Fact], expected: list[str]) -> None:
    assert names(run(interpreter(), facts)) == expected


def test_orders_carry_what_they_need() -> None:
    orders = run(interpreter(), [*OPENING, Heard("  сколько   стоит "), Failed("model"), SAID])
    assert orders[0] == Say("Здравствуйте, это Гуля!", "greeting")
    assert orders[1] == Say("Разговор записывается.", "recording", interruptible=False)
    assert orders[2:4] == [Listen(6.0), Answer("сколько стоит", "")]
    assert orders[5] == TakeMessage(FIELDS)


def test_announcement_is_passed_over_when_nothing_is_recorded() -> None:
    assert names(run(interpreter(), [Started(), SAID], recording=False)) == ["say greeting", "Listen"]


def test_english_caller_hears_english() -> None:
    assert run(interpreter(), [Started(), SAID], language="en")[1] == Say(
        "This call is being recorded.", "recording", interruptible=False
    )


def test_roadmap_example_runs_unchanged() -> None:
    orders = run(Interpreter(load(ROADMAP)), [Started(), SAID, Heard("Когда вы открыты?"), Answered()], recording=False)
    assert orders == [
        Say("Здравствуйте! Скажите, чем могу помочь?"),
        Listen(5.0),
        Answer("Когда вы открыты?", "anna"),
        Listen(5.0),
    ]


def test_roadmap_example_ends_by_itself_with_a_silent_caller() -> None:
    facts: list[Fact] = [Started(), SAID, *[Silence(5.0), SAID] * 3, MessageDone(taken=False), SAID]
    assert names(run(Interpreter(load(ROADMAP)), facts, recording=False))[-3:] == [
        "TakeMessage",
        "say goodbye",
        "HangUp",
    ]


def test_recording_is_refused_in_a_flow_that_does_not_announce_it() -> None:
    with pytest.raises(FlowMismatch):
        Interpreter(load(ROADMAP)).begin(recording=True)


def test_call_is_pinned_to_flow_and_version() -> None:
    leader = interpreter()
    state = leader.begin(recording=True)
    for changed in ({"flow": "other"}, {"version": 2}, {"node": "gone"}):
        with pytest.raises(FlowMismatch):
            leader.step(restore({**dump(state), **changed}), Started())


def test_state_that_is_not_one_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        restore({"flow": 5})


def test_what_is_kept_of_a_talkative_caller_is_bounded() -> None:
    leader = interpreter()
    state, _ = leader.step(leader.begin(recording=True), Started())
    for _ in range(50):
        state, _ = leader.step(state, Heard("ля " * 500))
        state, _ = leader.step(state, Digits("123" * 500))
    assert len(state.waiting) <= MAX_HEARD
    assert len(state.waiting_keys) <= 40


def test_an_ai_node_listens_by_itself_where_nothing_was_heard() -> None:
    raw = {"start": "a", "nodes": {"a": {"type": "ai", "persona": "anna"}}}
    orders = run(Interpreter(load(raw)), [Started(), Heard("привет"), Answered(), Heard("цена")], recording=False)
    assert names(orders) == ["Listen", "Answer", "Listen", "Answer"]


def test_empty_text_is_passed_over() -> None:
    raw = {
        "start": "a",
        "nodes": {"a": {"type": "speak", "text": "{nothing}", "next": "b"}, "b": {"type": "hang_up", "reason": "r"}},
    }
    assert run(Interpreter(load(raw)), [Started()], recording=False) == [HangUp("r")]


def test_a_message_loop_without_a_caller_ends() -> None:
    raw = {
        "start": "m",
        "nodes": {
            "m": {"type": "message", "next": "n"},
            "n": {"type": "message", "next": "a"},
            "a": {"type": "listen", "default": "m"},
        },
    }
    orders = run(
        Interpreter(load(raw)), [Started(), *[MessageDone(taken=False), Silence(5.0), SAID] * 60], recording=False
    )
    assert isinstance(orders[-1], HangUp)


FACTS = st.one_of(
    st.just(Started()),
    st.builds(Said, st.text(max_size=3), st.booleans()),
    st.builds(
        Heard, st.text(max_size=20) | st.sampled_from(["оставить сообщение", "до свидания", "цена"]), st.booleans()
    ),
    st.builds(Silence, st.floats()),
    st.builds(Digits, st.text(max_size=4) | st.sampled_from(["1", "#", "42"])),
    st.builds(Answered, st.sampled_from(["", "message", "hangup", "transfer", "x"]), st.booleans()),
    st.builds(MessageDone, st.booleans()),
    st.builds(Failed, st.sampled_from(["speech", "recogniser", "model"])),
)
EXPECTED: dict[type, tuple[type, ...]] = {
    Say: (Said, Failed),
    Listen: (Heard, Silence, Digits, Failed),
    Answer: (Answered, Failed),
    TakeMessage: (MessageDone, Failed),
}
LEADERS = {"default": interpreter(), "roadmap": Interpreter(load(ROADMAP, record=True))}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(LEADERS)), st.booleans(), st.lists(FACTS, max_size=60))
def test_any_order_of_facts_leaves_a_state_that_survives_json_and_one_order_in_progress(
    which: str, recording: bool, facts: list[Fact]
) -> None:
    leader = LEADERS[which]
    state = leader.begin(recording=recording)
    announced = False
    for fact in facts:
        before = state
        state, orders = leader.step(state, fact)
        assert restore(json.loads(json.dumps(dump(state)))) == state
        assert len(orders) <= 1
        assert not (before.done and orders)
        assert state.done == (before.done or any(isinstance(order, HangUp) for order in orders))
        announced = announced or any(isinstance(order, Say) and order.phrase == "recording" for order in orders)
        if recording and any(isinstance(order, Listen | Answer | TakeMessage) for order in orders):
            assert announced


def silent(order: Order, draw: Any) -> Fact:
    """A truthful driver on a line where nobody speaks, with a voice that may fail."""
    kinds = EXPECTED[type(order)]
    fails = draw(st.booleans())
    if fails:
        return Failed("speech")
    return {Said: Said(""), Heard: Silence(5.0), Answered: Answered(), MessageDone: MessageDone(taken=False)}[kinds[0]]


@settings(deadline=None)
@given(st.sampled_from(sorted(LEADERS)), st.lists(FACTS, max_size=30), st.data())
def test_a_caller_gone_silent_is_hung_up_on_within_bounded_steps(
    which: str, facts: list[Fact], data: st.DataObject
) -> None:
    leader = LEADERS[which]
    state: State
    state, orders = leader.step(leader.begin(recording=True), Started())
    order = orders[0]
    for fact in facts:
        if not isinstance(fact, EXPECTED[type(order)]):
            state, orders = leader.step(state, fact)  # out of turn: changes nothing that is in progress
            assert not orders
            continue
        state, orders = leader.step(state, fact)
        order = orders[0]
        if state.done:
            return
    for _ in range(40):
        state, (order,) = leader.step(state, silent(order, data.draw))
        if state.done:
            return
    pytest.fail("nobody hung up")
