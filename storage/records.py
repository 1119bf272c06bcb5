"""What leaves storage: frozen records, no ORM. Times are UTC epoch seconds (float) unless said otherwise."""

from dataclasses import dataclass, field

from storage.second.records import SecondRecord


@dataclass(frozen=True, slots=True)
class Latency:
    """The split of one answer, milliseconds; None where a step did not take place.

    endpoint: caller's last sound -> decision that the phrase is over. stt: that -> final text. first_token: final ->
    first token of the model. first_sentence: final -> first speakable sentence. first_audio: that -> first PCM of it.
    queue: that -> first frame on the line. total: caller's last sound -> first frame on the line.
    """

    endpoint: float | None = None
    stt: float | None = None
    first_token: float | None = None
    first_sentence: float | None = None
    first_audio: float | None = None
    queue: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with its place in the recording (seconds from its start) and confidence 0..1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One thing said by either side. `start`/`end`: seconds from the start of the recording. `text` of the secretary is
    what was heard by the caller (cut where it was interrupted); `source`: "caller", "faq", "model", "phrase", "flow",
    "owner" (typed in the middle of the call), "keys" (digits pressed)."""

    who: str  # "caller" | "secretary"
    text: str
    start: float
    end: float
    source: str
    confidence: float | None = None
    interrupted: bool = False
    detail: str = ""  # why this answer: FAQ id and score, or node and model
    latency: Latency | None = None
    words: tuple[HeardWord, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call; `outcome`: "" while it runs, then answered, missed, blocked, message, transferred or failed; of a
    call that the box made also busy or no_answer."""

    id: int
    line: str
    direction: str  # "in" | "out"
    number: str | None
    presentation: str
    began: float
    answered: float | None = None
    ended: float | None = None
    outcome: str = ""
    end_cause: str = ""  # "caller", "secretary", "limit", "owner", "line lost", "crash", ...
    summary: str = ""
    recording: str | None = None  # path relative to data_dir
    recorded_seconds: float = 0.0
    flow: str = ""  # id@version
    turns: tuple[TurnRecord, ...] = field(default=())
    keep: bool = False  # no retention touches its recording
    note: str = ""  # the owner's
    tags: tuple[str, ...] = ()
    second: SecondRecord | None = None  # with the turns only: what a second recogniser heard


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """What a caller left for the owner; empty string where a field was not told."""

    id: int
    call_id: int
    line: str
    taken: float
    name: str
    number: str  # call-back number, E.164 where it could be normalised
    matter: str
    handled: bool = False
    assigned: str = ""  # the user who is to see to it


@dataclass(frozen=True, slots=True)
class DayStats:
    """Counts since some moment; `answered` includes calls that ended in a message or a transfer, `unhandled` is of all
    time."""

    calls: int
    answered: int
    missed: int
    blocked: int
    failed: int
    messages: int
    unhandled: int
