"""secretaryctl bench where it can say nothing, and its parts."""

from pathlib import Path

from secretaryd.doctor import bench


def test_without_a_box_it_says_what_to_start(ctl) -> None:
    ran = ctl("bench")
    assert ran.code == 3
    assert "not running" in ran.err


def test_without_a_speech_process_it_says_so(box, ctl) -> None:
    ran = ctl("bench")
    assert ran.code == 3
    assert "Речевой процесс не отвечает: речевого процесса нет" in " ".join(ran.err.split())


def test_it_does_not_disturb_a_call(box, ctl) -> None:
    box.well.line.state = "talking"
    ran = ctl("bench")
    assert ran.code == 1
    assert "a call is in progress" in ran.err


def test_writing_is_measured_on_the_disk_of_the_data(tmp_path: Path) -> None:
    found = bench.disk(tmp_path)
    assert 0 < found["sync_p50_ms"] <= found["sync_p95_ms"]
    assert list(tmp_path.iterdir()) == []
