"""Names of archives and which of them may go; names of files that a backup may hold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.backup.manifest import allowed
from storage.backup.names import archive_name, newest_first, outlived, parse

NOON = datetime(2026, 11, 26, 3, 15, tzinfo=UTC)


def nightly(days: int) -> str:
    return archive_name((NOON - timedelta(days=days)).timestamp(), "nightly")


@given(at=st.integers(0, 4_000_000_000), kind=st.sampled_from(["nightly", "manual"]), count=st.integers(1, 99))
def test_a_name_says_when_and_why(at: int, kind: str, count: int) -> None:
    found = parse(archive_name(float(at), kind, count))
    assert found
    assert (found.made, found.kind) == (float(at), kind)


@pytest.mark.parametrize(
    "name",
    [
        "secretary-20261126-031500-nightly.tar.gz",
        "secretary-20261326-031500-nightly.tar.gz.age",
        "secretary-20261126-031500-other.tar.gz.age",
        "../secretary-20261126-031500-nightly.tar.gz.age",
        "secretary-20261126-031500-nightly.tar.gz.age.partial",
        "secretary.db",
    ],
)
def test_a_strange_file_is_none_of_ours(name: str) -> None:
    assert parse(name) is None


def test_seven_days_and_four_weeks_are_kept_of_a_year() -> None:
    archives = newest_first(nightly(day) for day in range(365))
    gone = {each.name for each in outlived(archives, daily=7, weekly=4)}
    kept = [each.name for each in archives if each.name not in gone]
    assert kept[:7] == [nightly(day) for day in range(7)]
    # 26 November 2026 is a Thursday: the weeks end on the Sundays 4, 11 and 18 days before.
    assert kept[7:] == [nightly(11), nightly(18)]
    assert nightly(4) in kept


def test_only_the_newest_of_a_day_counts_and_what_was_made_by_hand_stays() -> None:
    early = archive_name(NOON.timestamp() - 3600, "nightly")
    manual = archive_name(NOON.timestamp() - 90 * 86400, "manual")
    archives = newest_first([nightly(0), early, manual])
    assert [each.name for each in outlived(archives, daily=1, weekly=1)] == [early]


@given(days=st.sets(st.integers(0, 400), max_size=40), daily=st.integers(1, 10), weekly=st.integers(0, 6))
def test_the_newest_is_never_removed(days: set[int], daily: int, weekly: int) -> None:
    archives = newest_first(nightly(day) for day in days)
    gone = outlived(archives, daily, weekly)
    assert not archives or archives[0] not in gone
    assert len(archives) - len(gone) <= daily + weekly


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("secretary.db", True),
        ("settings.toml", True),
        ("faq.toml", True),
        ("personas/Гуля.toml", True),
        ("flows/night.json", True),
        ("voices/mine/voice.onnx", True),
        ("recordings/2026-11-26/call_101010_+79001234567_2.wav", True),
        ("recordings/2026-11-26/call_101010_unknown.peaks.json", True),
        ("last-good.toml", False),
        ("secrets/key.json", False),
        ("models/x/manifest.json", False),
        ("backups/secretary-20261126-031500-nightly.tar.gz.age", False),
        (".lock", False),
        (".ssh/authorized_keys.toml", False),
        ("personas/../settings.toml", False),
        ("personas/.hidden.toml", False),
        ("personas//x.toml", False),
        ("/etc/passwd", False),
        ("../x.toml", False),
        ("recordings/2026-11-26/../../x.wav", False),
        ("recordings/2026-11-26/call_1.wav.new", False),
        ("secretary.db-wal", False),
        ("settings.toml\n", False),
        ("settings.toml\0", False),
        ("personas/a\x1b[2J", False),
        ("personas/e\u0301", False),
        ("personas/" + "a" * 300, False),
        ("", False),
    ],
)
def test_a_backup_holds_the_owners_files_and_no_others(path: str, may: bool) -> None:
    assert allowed(path) is may


@given(path=st.text(st.characters(categories=("L", "N", "P", "Z", "C")), max_size=40))
def test_no_name_that_is_allowed_leads_out_of_the_folder(path: str) -> None:
    for name in (path, f"personas/{path}", f"recordings/2026-11-26/{path}"):
        if allowed(name):
            assert not name.startswith("/")
            assert not {"", ".", ".."} & set(name.split("/"))
            assert name.isprintable()
