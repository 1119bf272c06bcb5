"""What an unclean stop leaves lying about."""

from pathlib import Path

import pytest

from storage.leftovers import sweep, sweep_recordings
from storage.wav import BYTES_PER_SECOND, header

DAY = "recordings/2026-11-26"


def put(folder: Path, *names: str, seconds: float = 0.0) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        size = int(seconds * BYTES_PER_SECOND)
        (folder / name).write_bytes(header(size) + bytes(size))


def test_unfinished_files_of_ours_go_and_others_stay(tmp_path: Path) -> None:
    unfinished = ("settings.toml.new", f"{DAY}/call_1.json.new", "backups/x.tar.gz.age.partial", "secrets/key.json.new")
    others = ("settings.toml", f"{DAY}/call_1.json", "models/big/final.mdl.partial", "new")
    put(tmp_path, *unfinished, *others)
    assert sorted(sweep(tmp_path)) == sorted(unfinished)
    assert all((tmp_path / name).exists() for name in others)
    assert sweep(tmp_path) == []


@pytest.mark.parametrize(
    ("known", "there", "seconds", "gone"),
    [
        ([], ["call_1.wav"], 0.5, ["call_1.wav"]),
        ([], ["call_1.wav"], 5.0, []),
        (["call_1.wav"], ["call_1.wav"], 0.5, []),
        (["call_1.opus"], ["call_1.opus", "call_1.wav"], 5.0, ["call_1.wav"]),
        (["call_1.wav"], ["call_1.opus", "call_1.wav"], 5.0, ["call_1.opus"]),
        (["call_1.opus"], ["call_1.wav"], 5.0, []),  # what the row names is gone: better this one than none
        ([], ["call_1.opus"], 5.0, []),
        ([], ["call_1.json", "notes.txt"], 0.0, []),
    ],
)
def test_recordings_of_no_call_go_where_nothing_is_lost(
    tmp_path: Path, known: list[str], there: list[str], seconds: float, gone: list[str]
) -> None:
    put(tmp_path, *(f"{DAY}/{name}" for name in there), seconds=seconds)
    found = sweep_recordings(tmp_path, [f"{DAY}/{name}" for name in known])
    assert found == [f"{DAY}/{name}" for name in gone]
    assert {path.name for path in (tmp_path / DAY).iterdir()} == set(there) - set(gone)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.new").symlink_to(tmp_path / "outside")
    assert sweep(tmp_path / "data") == []
    assert (tmp_path / "outside").exists()
