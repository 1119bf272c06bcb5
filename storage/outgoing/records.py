"""What leaves this part of the storage. Times are UTC epoch seconds."""

from dataclasses import dataclass
from typing import Final

CALL_BACK: Final = "call_back"
OPEN, DIALLING, DONE, FAILED, DROPPED = "open", "dialling", "done", "failed", "dropped"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """Something that the box should do on the line. `state`: open, dialling, done, failed (tried in vain) or dropped by
    the owner; `result` is what came of the last attempt."""

    id: int
    made: float
    line: str
    kind: str  # "call_back"
    number: str  # as the network presented it; never one that was told
    call_id: int | None
    wish: str
    state: str = OPEN
    attempts: int = 0
    tried: float | None = None
    result: str = ""
    answered_by: int | None = None


@dataclass(frozen=True, slots=True)
class SimFact:
    """Something learnt of the SIM and when, e.g. its balance."""

    value: str
    at: float
