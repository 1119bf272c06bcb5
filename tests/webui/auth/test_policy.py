"""When sessions end and who is locked out; what passwords are refused; who may what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.auth.passwords import MAX_LENGTH, Passwords, Weakness, weakness
from webui.auth.policy import ABSOLUTE_SECONDS, FORGET_SECONDS, FREE_TRIES, IDLE_SECONDS, Session, Tries
from webui.auth.roles import GRANTS, Permission, Role, may


def session(created: float, seen: float) -> Session:
    return Session("id", "Анна", "csrf", created, seen, "127.0.0.1", "")


@pytest.mark.parametrize(
    ("created", "seen", "now", "over"),
    [
        (0, 0, IDLE_SECONDS - 1, False),
        (0, 0, IDLE_SECONDS, True),
        (0, 1000, 1000 + IDLE_SECONDS - 1, False),
        (0, ABSOLUTE_SECONDS - 1, ABSOLUTE_SECONDS - 1, False),
        (0, ABSOLUTE_SECONDS - 1, ABSOLUTE_SECONDS, True),
        (1e9, 1e9, 1e9 - 10, False),
        (1e9, 1e9, 1e9 - 3600, True),
    ],
    ids=["used", "idle", "used again", "used all day", "a day", "clock a little back", "clock set back"],
)
def test_a_session_ends(created: float, seen: float, now: float, over: bool) -> None:
    assert session(created, seen).is_over(now) is over


def test_a_few_tries_are_free_and_then_each_costs_more() -> None:
    tries, waits = Tries(), []
    for number in range(FREE_TRIES + 6):
        tries = tries.failed(1000.0 + number)
        waits.append(tries.wait(1000.0 + number))
    assert waits[: FREE_TRIES - 1] == [0.0] * (FREE_TRIES - 1)
    assert waits[FREE_TRIES - 1 :] == [60, 300, 900, 3600, 3600, 3600, 3600]


def test_a_day_later_everything_is_forgotten() -> None:
    tries = Tries(50, 1000.0)
    assert tries.failed(1001.0 + FORGET_SECONDS) == Tries(1, 1001.0 + FORGET_SECONDS)


@given(st.lists(st.floats(-1e9, 1e10), max_size=30), st.floats(-1e9, 1e10))
def test_no_clock_locks_anybody_out_for_more_than_an_hour(times: list[float], now: float) -> None:
    tries = Tries()
    for at in times:
        tries = tries.failed(at)
    assert 0.0 <= tries.wait(now) <= 3600.0


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("", Weakness.SHORT),
        ("x" * 11, Weakness.SHORT),
        ("password1234", Weakness.GUESSABLE),
        ("aaaaaaaaaaaaaaaa", Weakness.GUESSABLE),
        ("abcdefghijklmnop", Weakness.GUESSABLE),
        ("gulya gulya gulya", Weakness.GUESSABLE),
        ("x" * (MAX_LENGTH + 1), Weakness.LONG),
        ("correct horse battery", None),
        ("лошадь скрепка ведро 7", None),
    ],
)
def test_what_is_easily_guessed_is_refused(password: str, weak: Weakness | None) -> None:
    assert weakness(password, ["gulya"]) is weak


def test_only_the_password_itself_opens_and_nobody_has_none() -> None:
    passwords = Passwords(memory_kib=8, passes=1)
    kept = passwords.hash("лошадь")
    assert kept.startswith("$argon2id$")
    assert passwords.verify(kept, "лошадь")
    for wrong in ("лошад", "", "x" * 100_000):
        assert not passwords.verify(kept, wrong)
    assert not passwords.verify(None, "nobody's password")
    assert not passwords.verify("not a hash", "x")


def test_a_hash_with_other_parameters_is_made_anew() -> None:
    before, after = Passwords(memory_kib=8, passes=1), Passwords(memory_kib=16, passes=2)
    assert not before.is_outdated(before.hash("x"))
    assert after.is_outdated(before.hash("x"))


def test_what_needs_no_sign_in_is_the_same_for_all_and_each_role_is_more_than_a_viewer() -> None:
    assert [needed for needed in Permission if may(None, needed)] == [Permission.PUBLIC]
    for role in Role:
        assert GRANTS[Role.VIEWER] <= GRANTS[role]
    assert not may(Role.EDITOR, Permission.CALLS_READ)
    assert not may(Role.OPERATOR, Permission.FAQ_WRITE)
    assert all(may(Role.ADMIN, needed) for needed in Permission)
