"""Parts come in any order, late, twice, or never."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.sms.assembly import GAP, SPAN_SECONDS, WAIT_SECONDS, Group, Key, due, place
from hw.sms.header import Concat

KEY = Key("+79161234567", 9, 3, False)
HOUR = 3600.0


def group(number: int = 1, at: float = 0.0, key: Key = KEY, **texts: str) -> Group:
    return Group(number, key, at, {int(name[1:]): text for name, text in texts.items()})


@pytest.mark.parametrize(
    ("key", "part", "at", "groups", "found"),
    [
        (KEY, 1, 0.0, [], None),
        (KEY, 2, 5.0, [group(p1="a")], 1),
        (KEY, 1, 5.0, [group(p1="a")], None),
        (KEY, 1, 5.0, [group(p2="b")], 1),
        (KEY, 2, SPAN_SECONDS, [group(p1="a")], 1),
        (KEY, 2, SPAN_SECONDS + 1, [group(p1="a")], None),
        (KEY, 2, 5.0, [group(p1="a", p2="b", p3="c")], None),
        (Key("+79161234567", 10, 3, False), 2, 5.0, [group(p1="a")], None),
        (Key("+79161234567", 9, 2, False), 2, 5.0, [group(p1="a")], None),
        (Key("+79161234567", 9, 3, True), 2, 5.0, [group(p1="a")], None),
        (Key("+79161234568", 9, 3, False), 2, 5.0, [group(p1="a")], None),
        (KEY, 2, 100.0, [group(1, 0.0, p1="a"), group(2, 90.0, p1="x")], 2),
        (KEY, 2, 10.0, [group(1, 0.0, p1="a"), group(2, 90.0, p1="x")], 1),
        (KEY, 2, 95.0, [group(1, 0.0, p1="a"), group(2, 90.0, p1="x", p2="y")], 1),
    ],
)
def test_a_part_finds_its_message(key: Key, part: int, at: float, groups: list[Group], found: int | None) -> None:
    assert place(key, part, at, groups) == found


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_parts_join_in_any_order(order: tuple[int, ...]) -> None:
    texts: dict[int, str] = {}
    for number in order:
        known = [Group(1, KEY, 0.0, dict(texts))] if texts else []
        assert place(KEY, number, float(number), known) == (1 if texts else None)
        texts[number] = "abc"[number - 1]
    whole = Group(1, KEY, 0.0, texts)
    assert whole.complete
    assert whole.text == "abc"


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({}, GAP),
        ({1: "a"}, f"a{GAP}"),
        ({2: "b"}, f"{GAP}b{GAP}"),
        ({1: "a", 3: "c"}, f"a{GAP}c"),
        ({3: "c"}, f"{GAP}c"),
    ],
)
def test_what_has_not_come_is_shown_as_a_gap(texts: dict[int, str], shown: str) -> None:
    assert Group(1, KEY, 0.0, texts).text == shown


def test_an_incomplete_message_waits_three_days() -> None:
    part = group(p1="a")
    assert not due(part, 0.0, WAIT_SECONDS - 1)
    assert due(part, 0.0, WAIT_SECONDS)
    assert due(group(p1="a", p2="b", p3="c"), 0.0, 0.0)


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_messages_with_one_reference_do_not_mix_when_they_are_hours_apart(seed: int, count: int) -> None:
    rng = random.Random(seed)
    parts = [(message, number) for message in range(count) for number in (1, 2, 3)]
    rng.shuffle(parts)
    groups: dict[int, dict[int, str]] = {}
    starts: dict[int, float] = {}
    for message, number in parts:
        at = message * 200 * HOUR + number
        found = place(KEY, number, at, [Group(one, KEY, starts[one], texts) for one, texts in groups.items()])
        if found is None:
            found = len(groups) + 1
            groups[found], starts[found] = {}, at
        groups[found][number] = f"{message}.{number} "
    told = sorted(Group(one, KEY, 0.0, texts).text for one, texts in groups.items())
    assert told == sorted(f"{message}.1 {message}.2 {message}.3 " for message in range(count))


def test_a_key_is_made_of_the_sender_and_the_header() -> None:
    assert Key.of("+79161234567", Concat(9, 3, 2)) == KEY
