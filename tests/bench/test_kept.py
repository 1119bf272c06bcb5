"""Figures kept in git: what counts as one, and what is told of a change."""

import json
from pathlib import Path

from tests.bench.kept import changes, compare, keep, leaves


def test_figures_are_numbers_by_path_and_rows_are_none() -> None:
    rows = [{"text": "алло", "ms": 300}] * 100
    value = {"line": {"late": 0, "ok": True}, "wer": [{"condition": "clean", "rate": 0.02}], "rows": rows, "cut": ["a"]}
    assert leaves(value) == {"line.late": 0.0, "wer.clean.rate": 0.02}


def test_a_change_is_told_and_the_usual_scatter_is_not() -> None:
    before = {"a": 100.0, "b": 100.0, "gone": 1.0, "zero": 0.0}
    now = {"a": 110.0, "b": 200.0, "fresh": 2.0, "zero": 1.0}
    told = changes(before, now)
    assert not any(line.startswith("a:") for line in told)
    assert {line.partition(":")[0] for line in told} == {"b", "gone", "fresh", "zero"}


def test_what_was_kept_is_compared_with_what_comes_next(tmp_path: Path) -> None:
    fresh, kept = tmp_path / "out.json", tmp_path / "kept"
    fresh.write_text(json.dumps({"answer": {"p50": 300}}))
    assert compare("turns", fresh, kept) == []
    file = keep("turns", fresh, kept)
    assert json.loads(file.read_text())["machine"]
    assert compare("turns", fresh, kept) == []
    fresh.write_text(json.dumps({"answer": {"p50": 700}}))
    assert compare("turns", fresh, kept) == ["answer.p50: 300 -> 700"]
