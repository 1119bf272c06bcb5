"""The simulator's own record of what happened, independent of anything the box writes down."""

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hw.simulator.caller import CallerEvent
from hw.simulator.scenario import Scenario


@dataclass(slots=True)
class CallRecord:
    """One call as the network saw it. Times `t` are seconds since the answer, `*_after` since the first RING."""

    id: str
    scenario: str
    title: dict[str, str]
    number: str
    presentation: str
    began: str
    direction: str = "in"
    """in: the box is called; out: it calls"""
    rings: int = 0
    answered_after: float | None = None
    ended_by: str = ""
    """caller, box, no_answer, unreachable, modem_lost, simulator"""
    end_reason: str = ""
    seconds: float = 0.0
    said: list[dict[str, Any]] = field(default_factory=list)
    box_speech: list[dict[str, float]] = field(default_factory=list)
    responses: list[dict[str, Any]] = field(default_factory=list)
    """From the end of each thing the caller said to the box's next sound, as the caller measures it."""
    digits_sent: str = ""
    digits_heard: str = ""
    network: dict[str, Any] = field(default_factory=dict)
    pcm: dict[str, Any] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    passed: bool = False

    def note(self, event: CallerEvent) -> None:
        """Takes in what the caller did or noticed."""
        self.events.append({"kind": event.kind, "t": event.t, **event.data})
        match event.kind:
            case "answered":
                self.answered_after = event.data["after_seconds"]
            case "says":
                self.said.append({"phrase": event.data["phrase"], "text": event.data["text"], "start": event.t})
            case "said":
                self.said[-1]["end"] = event.t
            case "box_started":
                self._respond(event.t)
            case "box_stopped":
                self.box_speech.append({"start": event.data["started"], "end": event.t})
            case "digit":
                self.digits_sent += event.data["digit"]

    def _respond(self, t: float) -> None:
        if self.said and (end := self.said[-1].get("end")) is not None and "answered" not in self.said[-1]:
            self.said[-1]["answered"] = t
            self.responses.append({"after": self.said[-1]["phrase"], "gap": round(t - end, 2)})

    def judge(self, scenario: Scenario) -> None:
        """Compares with what the scenario expects."""
        first = self.box_speech[0]["start"] if self.box_speech else None
        seen: dict[str, tuple[Any, bool]] = {}
        for key, wanted in scenario.expect.items():
            match key:
                case "answered":
                    value: Any = self.answered_after is not None
                    good = value == wanted
                case "ended_by":
                    value, good = self.ended_by, self.ended_by == wanted
                case "min_seconds":
                    value, good = self.seconds, self.seconds >= wanted
                case "max_seconds":
                    value, good = self.seconds, self.seconds <= wanted
                case "box_speaks":
                    value, good = len(self.box_speech), len(self.box_speech) >= wanted
                case _:
                    value, good = first, first is not None and first <= wanted
            seen[key] = (value, good)
            self.checks.append({"what": key, "wanted": wanted, "found": value, "ok": good})
        self.passed = all(good for _, good in seen.values())


def utc_now() -> str:
    """ISO 8601, UTC, milliseconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


class Ledger:
    """ledger.jsonl: one JSON object a line, `what` first; only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        rows = self.rows()
        self._last_call = max((int(row["id"]) for row in rows if row["what"] == "call"), default=0)
        self.last_message = max((int(row["id"]) for row in rows if row["what"] in ("sms_in", "sms_out")), default=0)
        """Highest id of a message so far kept."""

    def rows(self) -> list[dict[str, Any]]:
        """All whole lines; a torn last one (a power cut) is left out."""
        if not self._path.exists():
            return []
        rows = []
        for line in self._path.read_text(encoding="utf-8").split("\n")[:-1]:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(row, dict) and "what" in row:
                rows.append(row)
        return rows

    def next_call_id(self) -> str:
        """0001, 0002, ... going on after those already kept."""
        self._last_call += 1
        return f"{self._last_call:04d}"

    def add(self, what: str, **data: Any) -> None:
        """Appends one line and makes sure that it is on the disk."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what, "at": utc_now(), **data}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def add_call(self, record: CallRecord) -> None:
        """Keeps a finished call."""
        self.add("call", **asdict(record))
