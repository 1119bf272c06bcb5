"""A turn and its row. PURE but for the row class that it is handed."""

import json
from dataclasses import asdict
from typing import Any

from storage.records import HeardWord, Latency, TurnRecord

SECONDS_DIGITS = 3
CONFIDENCE_DIGITS = 3


def turn_columns(turn: TurnRecord) -> dict[str, Any]:
    """The columns of a turn."""
    words = [
        [w.text, round(w.start, SECONDS_DIGITS), round(w.end, SECONDS_DIGITS), round(w.confidence, CONFIDENCE_DIGITS)]
        for w in turn.words
    ]
    return {
        "who": turn.who,
        "text": turn.text,
        "start": turn.start,
        "end": turn.end,
        "source": turn.source,
        "confidence": turn.confidence,
        "interrupted": turn.interrupted,
        "detail": turn.detail,
        "latency": None if turn.latency is None else _compact(asdict(turn.latency)),
        "words": _compact(words),
    }


def turn_record(row: Any) -> TurnRecord:
    """The record of a row."""
    return TurnRecord(
        who=row.who,
        text=row.text,
        start=row.start,
        end=row.end,
        source=row.source,
        confidence=row.confidence,
        interrupted=row.interrupted,
        detail=row.detail,
        latency=None if row.latency is None else Latency(**json.loads(row.latency)),
        words=tuple(HeardWord(*word) for word in json.loads(row.words)),
    )


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
