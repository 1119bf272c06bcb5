"""Recordings: stereo, on time, playable whatever happens."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import tracemalloc
import wave
from array import array
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import recordings
from storage.errors import StorageError
from storage.recordings import MAX_WAITING, Recorder, recording_name, repair
from storage.records import CallRecord, HeardWord, Latency, TurnRecord
from storage.sidecar import write_sidecar
from storage.wav import header, interleave, is_ours

MOSCOW = timezone(timedelta(hours=3))
LEFT, RIGHT = array("h", [1000] * 160).tobytes(), array("h", [-2000] * 160).tobytes()
NEVER = 3600.0


class Disk:
    """Stands in for fdatasync and tells when it was called."""

    def __init__(self) -> None:
        self.syncs = 0
        self._happened = threading.Condition()

    def sync(self, fd: int) -> None:
        os.fdatasync(fd)
        with self._happened:
            self.syncs += 1
            self._happened.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._happened:
            assert self._happened.wait_for(condition, 10)


def samples(path: Path) -> "tuple[array[int], array[int]]":
    with wave.open(str(path)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (2, 2, 8000)
        both = array("h", wav.readframes(wav.getnframes()))
    return both[0::2], both[1::2]


def test_caller_is_left_and_secretary_is_right(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.wav", sync_seconds=NEVER)
    for _ in range(3):
        recorder.write(LEFT, RIGHT)
    recorder.write(LEFT, b"")
    summary = recorder.close()
    left, right = samples(tmp_path / "a.wav")
    assert (summary.path, summary.seconds, summary.dropped_frames, summary.failed) == (tmp_path / "a.wav", 0.08, 0, "")
    assert set(left) == {1000}
    assert list(right) == [-2000] * 480 + [0] * 160
    assert recorder.close() is summary


def test_a_silent_recording_is_still_a_wav(tmp_path: Path) -> None:
    Recorder(tmp_path / "a.wav").close()
    assert samples(tmp_path / "a.wav") == (array("h"), array("h"))


def test_the_file_is_playable_while_it_is_written(tmp_path: Path) -> None:
    disk = Disk()
    recorder = Recorder(tmp_path / "a.wav", sync_seconds=0.005, sync=disk.sync)
    for second in range(1, 4):
        for _ in range(50):
            recorder.write(LEFT, RIGHT)
        size = 44 + 32000 * second
        disk.wait_for(lambda: recorder.path.stat().st_size >= size)  # noqa: B023 (called here and now)
        shutil.copy(recorder.path, tmp_path / "copy.wav")
        assert len(samples(tmp_path / "copy.wav")[0]) >= 8000 * second - 8000
    recorder.close()
    assert len(samples(tmp_path / "a.wav")[0]) == 24000


@given(cut=st.integers(0, 44 + 640 * 3))
def test_a_recording_cut_anywhere_is_repaired(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.wav"
    path.write_bytes((header(640 * 3) + interleave(LEFT, RIGHT) * 3)[:cut])
    seconds = repair(path)
    left, right = samples(path)
    assert len(left) == max(0, cut - 44) // 4 == seconds * 8000
    assert set(left) <= {1000}
    assert set(right) <= {-2000}
    assert repair(path) == seconds


def test_sizes_beyond_the_end_and_a_header_of_zeros_are_repaired(tmp_path: Path) -> None:
    for start in (header(10**6), header(0), bytes(44)):
        path = tmp_path / "a.wav"
        path.write_bytes(start + interleave(LEFT, RIGHT))
        assert repair(path) == 0.02
        assert len(samples(path)[0]) == 160


@pytest.mark.parametrize("content", [b"RIFF" + b"x" * 100, b"ID3" + b"\0" * 100, b"hello" * 20])
def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="not a recording"):
        repair(path)
    assert path.read_bytes() == content


def test_a_missing_recording_cannot_be_repaired(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="repair"):
        repair(tmp_path / "none.wav")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_interleaving_loses_nothing(left: bytes, right: bytes) -> None:
    both = array("h", interleave(left, right))
    n = max(len(left), len(right)) // 2
    assert len(both) == 2 * n
    for channel, mono in ((both[0::2], left), (both[1::2], right)):
        whole = array("h", mono[: len(mono) // 2 * 2])
        assert channel[: len(whole)] == whole
        assert set(channel[len(whole) :]) <= {0}


@given(st.binary(max_size=60))
def test_only_our_headers_are_taken_for_ours(start: bytes) -> None:
    assert is_ours(header(12345))
    assert not is_ours(start)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("+79001234567", "recordings/2026-11-22/call_143000_+79001234567.wav"),
        ("*100#", "recordings/2026-11-22/call_143000_*100#.wav"),
        (None, "recordings/2026-11-22/call_143000_unknown.wav"),
        ("", "recordings/2026-11-22/call_143000_unknown.wav"),
        ("../../etc/passwd", "recordings/2026-11-22/call_143000_unknown.wav"),
        ("8 (900) 1\0\n/2", "recordings/2026-11-22/call_143000_890012.wav"),
        ("٣٤", "recordings/2026-11-22/call_143000_unknown.wav"),
        ("1" * 300, f"recordings/2026-11-22/call_143000_{'1' * 24}.wav"),
    ],
)
def test_names_are_local_time_and_a_clean_number(number: str | None, name: str) -> None:
    assert recording_name(1_795_347_000.0, number, MOSCOW) == name


def test_a_name_that_is_taken_gets_a_suffix(tmp_path: Path) -> None:
    paths = []
    for _ in range(3):
        recorder = Recorder(tmp_path / "call.wav")
        recorder.close()
        paths.append(recorder.path.name)
    assert paths == ["call.wav", "call_2.wav", "call_3.wav"]


def test_a_writer_held_up_by_the_disk_costs_silence_not_time(tmp_path: Path) -> None:
    held, free = threading.Event(), threading.Event()

    def slow(fd: int) -> None:
        held.set()
        assert free.wait(10)

    recorder = Recorder(tmp_path / "a.wav", sync_seconds=0.001, sync=slow)
    recorder.write(LEFT, RIGHT)
    assert held.wait(10)
    for _ in range(MAX_WAITING + 7):
        recorder.write(LEFT, RIGHT)
    free.set()
    while recorder._waiting:  # the writer drains at once
        held.wait(0.001)
    recorder.write(LEFT, RIGHT)
    summary = recorder.close()
    assert summary.dropped_frames == 7
    left, _ = samples(tmp_path / "a.wav")
    assert len(left) == 160 * (1 + MAX_WAITING + 7 + 1)
    assert left.count(0) == 160 * 7
    assert set(left[-160:]) == {1000}


def test_a_full_disk_stops_the_recording_and_not_the_call(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "tests/storage/full_child.py", str(tmp_path), "100001"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    seconds, dropped, failed, times = ran.stdout.strip().split("|")
    assert (failed, times) == ("disk full", "1")
    assert int(dropped) >= 500
    assert len(samples(tmp_path / "call.wav")[0]) == float(seconds) * 8000


def test_a_disk_that_breaks_is_told_once(tmp_path: Path) -> None:
    reasons: list[str] = []
    told = threading.Event()

    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    recorder = Recorder(
        tmp_path / "a.wav", on_failure=lambda r: (reasons.append(r), told.set()), sync_seconds=0.001, sync=broken
    )
    for _ in range(10):
        recorder.write(LEFT, RIGHT)
    assert told.wait(10)
    recorder.write(LEFT, RIGHT)
    summary = recorder.close()
    assert reasons == [summary.failed] == ["cannot write the recording: Input/output error"]
    assert summary.seconds == 0.0
    assert 1 <= summary.dropped_frames <= 11


def test_a_recording_that_cannot_be_opened_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reasons: list[str] = []
    recorder = Recorder(tmp_path / "file" / "a.wav", on_failure=reasons.append)
    recorder.write(LEFT, RIGHT)
    summary = recorder.close()
    assert len(reasons) == 1
    assert (summary.failed, summary.dropped_frames) == (reasons[0], 1)


def test_one_second_of_sound_is_one_sync(tmp_path: Path) -> None:
    disk = Disk()
    recorder = Recorder(tmp_path / "a.wav", sync_seconds=NEVER, sync=disk.sync)
    for _ in range(50):
        recorder.write(LEFT, RIGHT)
    recorder.close()
    assert disk.syncs == 1
    assert recordings.SYNC_SECONDS == 1.0


CALL = CallRecord(
    7, "line1", "in", "+79001234567", "shown", 1_795_347_000.0, 1_795_347_002.0, 1_795_347_012.5, "answered", "caller",
    "Спросил про часы", "recordings/2026-11-22/call_143002_+79001234567.wav", 10.5, "default@1",
    (TurnRecord("caller", "до скольки", 1.0, 2.0, "caller", 0.9, words=(HeardWord("до", 1.0, 1.2, 0.9),)),
     TurnRecord("secretary", "До семи.", 2.5, 3.5, "faq", detail="hours 100", latency=Latency(total=400.0))),
)  # fmt: skip


def test_the_json_beside_the_recording_tells_the_whole_call(tmp_path: Path) -> None:
    (tmp_path / "recordings/2026-11-22").mkdir(parents=True)
    path = write_sidecar(tmp_path, CALL, MOSCOW)
    assert path == tmp_path / "recordings/2026-11-22/call_143002_+79001234567.json"
    told = json.loads(path.read_text())
    assert told["version"] == 1
    assert (told["began"], told["answered"]) == ("2026-11-22T14:30:00+03:00", "2026-11-22T14:30:02+03:00")
    assert (told["duration"], told["number"], told["recording"]) == (
        10.5,
        "+79001234567",
        "call_143002_+79001234567.wav",
    )
    assert told["turns"][0]["words"] == [{"text": "до", "start": 1.0, "end": 1.2, "confidence": 0.9}]
    assert told["turns"][1]["latency_ms"] == {"total": 400.0}
    assert write_sidecar(tmp_path, CALL, MOSCOW) == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_json_of_a_long_call_is_laid_out_like_any_and_never_whole_in_memory(tmp_path: Path) -> None:
    odd = TurnRecord("caller", 'скажите "turns": []\nи\u2028ещё\\', 1.0, 2.0, "caller", 0.9, words=CALL.turns[0].words)
    long = replace(CALL, summary='"turns": []', turns=(*CALL.turns, odd) * 150)
    (tmp_path / "recordings/2026-11-22").mkdir(parents=True)
    tracemalloc.start()
    try:
        path = write_sidecar(tmp_path, long, MOSCOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = path.read_text()
    told = json.loads(text)
    assert text == json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    assert told["turns"][2]["text"] == odd.text
    assert (len(told["turns"]), told["summary"], told["messages"]) == (450, long.summary, [])
    assert peak < path.stat().st_size

    write_sidecar(tmp_path, replace(CALL, turns=()), MOSCOW)
    assert json.loads(path.read_text())["turns"] == []


def test_the_json_never_leaves_the_data_directory(tmp_path: Path) -> None:
    for name in ("../outside.wav", "/etc/outside.wav"):
        with pytest.raises(StorageError, match="outside"):
            write_sidecar(tmp_path / "data", replace(CALL, recording=name), MOSCOW)
    with pytest.raises(StorageError, match="not recorded"):
        write_sidecar(tmp_path, replace(CALL, recording=None), MOSCOW)


def test_a_discarded_recording_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.wav", sync_seconds=0.01)
    recorder.write(LEFT, RIGHT)
    recorder.discard()
    recorder.write(LEFT, RIGHT)
    summary = recorder.close()
    assert not list(tmp_path.iterdir())
    assert (summary.seconds, summary.dropped_frames, summary.failed) == (0.0, 0, "")


def test_discarding_what_could_not_be_opened_spares_the_file_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("not a folder")
    recorder = Recorder(tmp_path / "folder" / "a.wav")
    recorder.discard()
    assert (tmp_path / "folder").read_text() == "not a folder"


def test_a_recording_that_cannot_be_deleted_has_stopped_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.wav", sync_seconds=NEVER)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError):
        recorder.discard()
    recorder.write(LEFT, RIGHT)
    assert recorder.close().seconds == 0.0
