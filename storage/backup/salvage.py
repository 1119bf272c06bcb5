"""Calls back from the JSON files beside their recordings, for a database that was restored to an earlier state."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import peewee

from storage.calls import DIRECTIONS, OUTCOMES
from storage.database import sql, translated
from storage.recordings import FOLDER
from storage.records import HeardWord, Latency, TurnRecord
from storage.schema import Rows
from storage.second.records import DONE, SecondLine
from storage.sidecar import FORMAT, VERSION
from storage.turns import turn_columns

MAX_BYTES: Final = 16 << 20

log = logging.getLogger(__name__)


class _Turn(msgspec.Struct):
    who: str
    text: str
    start: float
    end: float
    source: str
    detail: str = ""
    confidence: float | None = None
    interrupted: bool = False
    latency_ms: dict[str, float] | None = None
    words: list[dict[str, Any]] = []


class _Message(msgspec.Struct):
    taken: datetime
    name: str
    number: str
    matter: str


class _Second(msgspec.Struct):
    model: str
    at: datetime
    lines: list[SecondLine]


class _Sidecar(msgspec.Struct):
    format: str
    version: int
    line: str
    direction: str
    number: str | None
    presentation: str
    began: datetime
    answered: datetime | None
    ended: datetime | None
    outcome: str
    end_cause: str
    summary: str
    flow: str
    recorded_seconds: float
    turns: list[_Turn]
    messages: list[_Message] = []
    second: _Second | None = None


def salvage(database: peewee.SqliteDatabase, rows: Rows, data_dir: Path) -> int:
    """Keeps every finished call that has a JSON and no row; returns how many. A file that cannot be read is logged and
    left. Used on the storage thread."""
    with translated():
        named = rows.call.select(rows.call.id, rows.call.recording).where(~rows.call.recording.is_null())
        known = {_stem(name): (number, name) for number, name in named.tuples()}
    count = 0
    for path, found in _sidecars(data_dir):
        recording = _recording_of(path, data_dir)
        if (there := known.get(_stem(recording))) is not None:
            _repoint(rows, data_dir, *there, recording)
        if there is not None or not _fits(found):
            continue
        try:
            with translated(), database.atomic("IMMEDIATE"):
                _keep(database, rows, found, recording)
        except (ValueError, TypeError) as error:
            log.warning("a call's JSON cannot be used", extra={"file": path.name, "error": str(error)})
            continue
        known[_stem(recording)] = (0, recording)
        count += 1
    return count


def _stem(recording: str) -> str:
    return recording.rpartition(".")[0]


def _repoint(rows: Rows, data_dir: Path, number: int, named: str, recording: str) -> None:
    """A call that was kept before its sound was compressed names the WAV that is gone meanwhile."""
    if number and named != recording and (data_dir / recording).is_file() and not (data_dir / named).exists():
        with translated():
            rows.call.update(recording=recording, packed=1).where(rows.call.id == number).execute()


def _sidecars(data_dir: Path) -> Iterator[tuple[Path, _Sidecar]]:
    for path in sorted(data_dir.glob(f"{FOLDER}/*/*.json")):
        try:
            if path.is_symlink() or path.stat().st_size > MAX_BYTES:
                continue
            yield path, msgspec.json.decode(path.read_bytes(), type=_Sidecar)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("a call's JSON cannot be read", extra={"file": path.name, "error": str(error)})


def _recording_of(path: Path, data_dir: Path) -> str:
    """The sound beside it, whatever its format is by now."""
    beside = [each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".json"]
    found = min(beside, key=lambda each: each.suffix != ".wav", default=path.with_suffix(".wav"))
    return found.relative_to(data_dir).as_posix()


def _fits(found: _Sidecar) -> bool:
    known = found.direction in DIRECTIONS and found.outcome in OUTCOMES and found.ended is not None
    return found.format == FORMAT and found.version == VERSION and known


def _keep(database: peewee.SqliteDatabase, rows: Rows, found: _Sidecar, recording: str) -> None:
    assert found.ended is not None
    call = rows.call.create(
        line=found.line,
        direction=found.direction,
        number=found.number,
        presentation=found.presentation,
        began=found.began.timestamp(),
        answered=found.answered.timestamp() if found.answered else None,
        ended=found.ended.timestamp(),
        outcome=found.outcome,
        end_cause=found.end_cause,
        summary=found.summary,
        recording=recording,
        recorded_seconds=found.recorded_seconds,
        flow=found.flow,
        packed=0 if recording.endswith(".wav") else 1,
    )
    for position, turn in enumerate(found.turns):
        rows.turn.create(call=call.id, position=position, **turn_columns(_record(turn)))
    for left in found.messages:
        fields = {"name": left.name, "number": left.number, "matter": left.matter}
        rows.message.create(call=call.id, line=found.line, taken=left.taken.timestamp(), **fields)
    if found.second is not None:
        lines = json.dumps([asdict(line) for line in found.second.lines], ensure_ascii=False)
        statement = "INSERT INTO second (call_id, state, model, at, lines) VALUES (?, ?, ?, ?, ?)"
        sql(database, statement, call.id, DONE, found.second.model, found.second.at.timestamp(), lines)


def _record(turn: _Turn) -> TurnRecord:
    return TurnRecord(
        who=turn.who,
        text=turn.text,
        start=turn.start,
        end=turn.end,
        source=turn.source,
        confidence=turn.confidence,
        interrupted=turn.interrupted,
        detail=turn.detail,
        latency=Latency(**turn.latency_ms) if turn.latency_ms else None,
        words=tuple(HeardWord(**word) for word in turn.words),
    )
