"""Requests that try the box out: its engines measured, a question to the language model. A call goes first. A
measurement is a job: {"who", "state" ("running", "done", "failed"), "step" ("disk", "voice", "recogniser", "llm"),
"part" (0..1), "at" (UTC epoch seconds), "result", "problem"}."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class RunBench(Asking, frozen=True, kw_only=True, tag="bench.run"):
    """Begins to measure, for a minute at most; answers {"job"}. Its result is {"disk": {sync_p50_ms, sync_p95_ms},
    "voice": {first_sound, rtf}, "recogniser": {rtf}, "llm": {first_token, prefill, decode}, {away} or null, "models":
    [{name, seconds, decode, fits}], "recommended": name or null}, in seconds, seconds of work for a second of sound,
    and tokens a second."""

    needs: ClassVar[Right] = Right.MANAGE


class ShowBench(Asking, frozen=True, kw_only=True, tag="bench.show"):
    """How far the last measurement is; answers {"job": {...} or null}."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


class AskModel(Asking, frozen=True, kw_only=True, tag="llm.try"):
    """One question to the language model, kept nowhere; answers {"text", "first" (seconds until the first word),
    "took"}."""

    needs: ClassVar[Right] = Right.ACT
    seconds: ClassVar[float] = 120.0
    text: str


Requests = RunBench | ShowBench | AskModel


class BenchChanged(Message, frozen=True, kw_only=True, tag="bench.changed"):
    """A measurement began, went on or ended; `reason`: why it failed."""

    state: str
    step: str = ""
    part: float = 0.0
    reason: str = ""


Events = BenchChanged
