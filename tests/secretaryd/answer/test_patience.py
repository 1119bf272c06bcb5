"""How long an answer is waited for, piece by piece."""

import pytest

from secretaryd.answer.patience import CHARACTERS_A_SECOND, Patience, PatiencePolicy

POLICY = PatiencePolicy(first_token=2.0, first_words=2.2, least=0.8, next_token=2.0, gap=2.0, filler=1.5)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_first_token_has_its_time(clock: Clock) -> None:
    patience = Patience(POLICY, clock)
    assert patience.left == pytest.approx(2.0)
    clock.now += 1.5
    assert patience.left == pytest.approx(0.5)


def test_what_the_caller_has_waited_already_is_gone(clock: Clock) -> None:
    assert Patience(POLICY, clock, waited=0.9).left == pytest.approx(1.1)
    assert Patience(POLICY, clock, waited=9.0).left == pytest.approx(POLICY.least)


def test_a_filler_buys_time(clock: Clock) -> None:
    assert Patience(POLICY, clock, filler=True).left == pytest.approx(3.5)


def test_tokens_that_make_no_words_yet_do_not_hold_the_caller(clock: Clock) -> None:
    patience = Patience(POLICY, clock)
    for _ in range(4):
        clock.now += 0.5
        patience.token()
    assert patience.left == pytest.approx(0.2)


def test_while_a_sentence_is_said_the_next_may_be_thought_of(clock: Clock) -> None:
    patience = Patience(POLICY, clock)
    patience.token()
    patience.said("а" * int(3 * CHARACTERS_A_SECOND))
    clock.now += 3.5
    assert patience.left == pytest.approx(1.5)
    clock.now += 2.0
    assert patience.left == 0.0


def test_a_voice_that_was_busy_is_no_waiting(clock: Clock) -> None:
    patience = Patience(POLICY, clock)
    patience.said("да")
    clock.now += 10.0
    patience.taken()
    assert patience.left == pytest.approx(POLICY.gap)
