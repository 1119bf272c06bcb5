"""The call machine: tables, and any order of any facts ends with the call stored once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.call.machine import (
    TABLE,
    AnswerFailed,
    Connected,
    DeadlineHit,
    DialAsked,
    DialFailed,
    DialRefused,
    Dismissed,
    Do,
    Gone,
    IllegalEvent,
    PickedUp,
    Rang,
    State,
    step,
)

RING, LAST_RING = Rang(), Rang(enough=True)


def run(*events):
    state, done = State.IDLE, []
    for event in events:
        state, orders = step(state, event)
        done += orders
    return state, done


ASK, PICK = DialAsked(), PickedUp()

STORIES = [
    ("we call and somebody is there", (ASK, Connected(), PICK, Gone()), "open dial start_voice stop_voice save"),
    (
        "busy by the tone",
        (ASK, Connected(), Dismissed("busy"), Gone()),
        "open dial start_voice stop_voice hang_up save",
    ),
    ("busy by the modem's word", (ASK, Gone("BUSY")), "open dial save"),
    ("refused by the modem", (ASK, DialRefused()), "open dial save"),
    ("the modem says nothing", (ASK, DialFailed(), DeadlineHit()), "open dial hang_up save"),
    ("nobody answers", (ASK, DeadlineHit(), Gone()), "open dial hang_up save"),
    (
        "it rings on after BEGIN",
        (ASK, Connected(), DeadlineHit(), Gone()),
        "open dial start_voice stop_voice hang_up save",
    ),
    ("the owner gives up", (ASK, Dismissed("owner"), DialRefused()), "open dial hang_up save"),
    ("answered at the first ring", (LAST_RING, Connected(), Gone()), "open answer start_voice stop_voice save"),
    ("answered at the third", (RING, RING, LAST_RING, Connected(), Gone()), "open answer start_voice stop_voice save"),
    ("caller gives up", (RING, RING, Gone()), "open save"),
    ("gives up while we answer", (LAST_RING, Gone()), "open answer save"),
    (
        "we hang up",
        (LAST_RING, Connected(), Dismissed(), Gone()),
        "open answer start_voice stop_voice hang_up save",
    ),
    (
        "the modem never confirms",
        (LAST_RING, Connected(), Dismissed(), DeadlineHit()),
        "open answer start_voice stop_voice hang_up save",
    ),
    ("answer refused", (LAST_RING, AnswerFailed(), Gone()), "open answer hang_up save"),
    ("too long", (LAST_RING, Connected(), DeadlineHit(), Gone()), "open answer start_voice stop_voice hang_up save"),
    ("no ring before it is up", (Connected(), Gone()), "open start_voice stop_voice save"),
    (
        "comes up while given up",
        (LAST_RING, DeadlineHit(), Connected(), Gone()),
        "open answer hang_up hang_up save",
    ),
    (
        "ring after answer",
        (LAST_RING, RING, Connected(), RING, Gone()),
        "open answer start_voice stop_voice save",
    ),
]


@pytest.mark.parametrize(("name", "events", "orders"), STORIES, ids=[s[0] for s in STORIES])
def test_a_call_runs_its_course(name, events, orders) -> None:
    state, done = run(*events)
    assert state is State.OVER
    assert " ".join(done) == orders


@pytest.mark.parametrize("event", [RING, ASK, PICK, Connected(), Gone(), Dismissed(), DialFailed(), DeadlineHit()])
def test_a_call_that_is_over_stays_over(event) -> None:
    with pytest.raises(IllegalEvent):
        step(State.OVER, event)


EVENTS = st.lists(
    st.sampled_from(
        [
            *(RING, LAST_RING, Connected(), Gone(), Dismissed(), AnswerFailed(), DeadlineHit()),
            *(ASK, PICK, DialRefused(), DialFailed()),
        ]
    ),
    max_size=40,
)


@given(EVENTS)
def test_any_order_of_facts_then_deadlines_ends_with_the_call_stored_once(events) -> None:
    state, done = State.IDLE, []
    for event in [*events, DeadlineHit(), DeadlineHit(), DeadlineHit()]:
        try:
            state, orders = step(state, event)
        except IllegalEvent:
            continue
        done += orders
    if Do.OPEN in done:
        assert state is State.OVER
        assert done.count(Do.SAVE) == done.count(Do.OPEN) == 1
        assert done[0] is Do.OPEN
        assert done[-1] is Do.SAVE
    else:
        assert state is State.IDLE
    assert done.count(Do.START_VOICE) == done.count(Do.STOP_VOICE) <= 1


def test_every_state_but_idle_and_over_knows_every_end() -> None:
    for state in set(State) - {State.IDLE, State.OVER}:
        for event in (Gone, Dismissed, DeadlineHit):
            assert (state, event) in TABLE
