"""When the nightly backup is due, and that it makes way for calls."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from secretaryd.backups.schedule import is_due, last_planned, nights_between, parse_time
from secretaryd.backups.texts import problem
from storage.backup import errors
from storage.errors import NotFound, StorageError

MOSCOW = ZoneInfo("Europe/Moscow")
AT = time(3, 30)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).timestamp()


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        ("2026-11-26 03:29", "2026-11-25 03:31", False),
        ("2026-11-26 03:30", "2026-11-25 03:31", True),
        ("2026-11-26 03:31", "2026-11-26 03:30", False),
        ("2026-11-26 12:00", "2026-11-20 03:30", True),  # it was switched off at night
        ("2026-11-26 02:00", "2026-11-25 12:00", False),
        ("2026-11-26 12:00", "2026-11-27 03:30", False),  # the clock was set back
        ("1970-01-02 12:00", "1970-01-01 03:00", False),  # it is not set at all
    ],
)
def test_it_is_due_once_after_its_time(now: str, last: str, due: bool) -> None:
    assert is_due(at(now), at(last), AT, MOSCOW) is due


def test_a_first_one_is_due_at_once() -> None:
    assert is_due(at("2026-11-26 12:00"), 0.0, AT, MOSCOW)


@pytest.mark.parametrize(("size", "nights"), [(0, 1), (1, 1), (250_000_000, 1), (560_000_000, 3), (10**9, 4)])
def test_a_very_large_database_is_backed_up_less_often_for_the_cards_sake(size: int, nights: int) -> None:
    assert nights_between(size) == nights
    made = at("2026-11-20 03:30")
    due = [day for day in range(20, 27) if is_due(at(f"2026-11-{day} 12:00"), made, AT, MOSCOW, nights)]
    assert due == list(range(20 + nights, 27))


def test_the_planned_moment_is_in_the_zone() -> None:
    assert last_planned(at("2026-11-26 12:00"), AT, MOSCOW) == at("2026-11-26 03:30")


@pytest.mark.parametrize("text", ["", "3:30", "25:00", "03:30:00", "03:30+03", "x"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|HH:MM|range|hour"):
        parse_time(text)


def test_a_time_of_day_is_read() -> None:
    assert parse_time("03:30") == AT


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_error_of_a_backup_has_words_and_a_remedy(language: str) -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, StorageError)]
    codes = {problem(kind("why"), language).code for kind in (*kinds, NotFound)}
    assert len(codes) == len({*kinds, NotFound})
    assert all(problem(kind("why"), language).remedy for kind in kinds)
