"""The JSON beside a recording: everything known of the call, for those who read files rather than databases."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from storage.errors import StorageError
from storage.files import write_whole
from storage.records import CallRecord, MessageRecord, TurnRecord
from storage.second.records import DONE, SecondRecord

FORMAT = "secretary-box call"
VERSION = 1
NO_TURNS = '"turns": []'
"""Where they belong: quotation marks within a string are written otherwise."""


def _content(call: CallRecord, zone: tzinfo, messages: Sequence[MessageRecord]) -> dict[str, Any]:
    """The document, but for its turns. Times of the call are ISO 8601 in `zone` with its offset; those of turns and
    words are seconds from the start of the recording; latencies are milliseconds."""
    start = call.answered or call.began
    return {
        "format": FORMAT,
        "version": VERSION,
        "call_id": call.id,
        "line": call.line,
        "direction": call.direction,
        "number": call.number,
        "presentation": call.presentation,
        "began": _iso(call.began, zone),
        "answered": _iso(call.answered, zone),
        "ended": _iso(call.ended, zone),
        "duration": None if call.ended is None or call.answered is None else round(call.ended - start, 3),
        "outcome": call.outcome,
        "end_cause": call.end_cause,
        "summary": call.summary,
        "flow": call.flow,
        "recording": None if call.recording is None else Path(call.recording).name,
        "recorded_seconds": round(call.recorded_seconds, 3),
        "turns": [],
        "messages": [
            {"taken": _iso(each.taken, zone), "name": each.name, "number": each.number, "matter": each.matter}
            for each in messages
        ],
        "second": _second(call.second, zone),
    }


def write_sidecar(data_dir: Path, call: CallRecord, zone: tzinfo, messages: Sequence[MessageRecord] = ()) -> Path:
    """Writes it next to the recording, whole or not at all. Raises StorageError (no recording, outside of the data
    directory, unwritable) and DiskFull."""
    path = recording_path(data_dir, call).with_suffix(".json")
    write_whole(path, (piece.encode() for piece in _pieces(call, zone, messages)))
    return path


def _pieces(call: CallRecord, zone: tzinfo, messages: Sequence[MessageRecord]) -> Iterator[str]:
    """The document's text, turn by turn: that of a call of an hour would take eight megabytes to make at once."""
    before, here, after = _text(_content(call, zone, messages)).partition(NO_TURNS)
    if not call.turns:
        yield f"{before}{here}{after}\n"
        return
    yield before + NO_TURNS[:-1]
    for number, turn in enumerate(call.turns):
        # A line break within a string is written as \n, so that every true one begins a line of the document.
        yield ("," if number else "") + f"\n{_text(_turn(turn))}".replace("\n", "\n    ")
    yield f"\n  ]{after}\n"


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def recording_path(data_dir: Path, call: CallRecord) -> Path:
    """The absolute path of a call's recording; StorageError if it has none or names a place outside of `data_dir`."""
    if call.recording is None:
        raise StorageError("call {number} was not recorded", number=call.id)
    path = (data_dir / call.recording).resolve()
    if not path.is_relative_to(data_dir.resolve()):
        raise StorageError("the recording of call {number} lies outside of the data directory", number=call.id)
    return path


def _turn(turn: TurnRecord) -> dict[str, Any]:
    latency = None if turn.latency is None else {k: v for k, v in asdict(turn.latency).items() if v is not None}
    return {
        "who": turn.who,
        "text": turn.text,
        "start": round(turn.start, 3),
        "end": round(turn.end, 3),
        "source": turn.source,
        "detail": turn.detail,
        "confidence": turn.confidence,
        "interrupted": turn.interrupted,
        "latency_ms": latency,
        "words": [asdict(word) for word in turn.words],
    }


def _second(second: SecondRecord | None, zone: tzinfo) -> dict[str, Any] | None:
    """What a second recogniser heard, once it has."""
    if second is None or second.state != DONE:
        return None
    return {
        "model": second.model,
        "at": _iso(second.at, zone),
        "lines": [asdict(line) for line in second.lines],
    }


def _iso(at: float | None, zone: tzinfo) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")
