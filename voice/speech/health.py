"""How the speech process feels: what `describe` answers beside the standard's list of programs."""

from dataclasses import dataclass
from enum import StrEnum


class EngineState(StrEnum):
    """Where an engine's model stands."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """One engine; `reason` is for people: why the last loading failed, or empty. READY with a reason means that a model
    works on whose successor could not be loaded."""

    name: str
    state: EngineState
    reason: str = ""
    starter: bool = False
    """The small bundled model: it works, and the owner should be told to install a real one."""


@dataclass(frozen=True, slots=True)
class SpeechHealth:
    """Both engines and the process's own version."""

    recognizer: EngineHealth
    voice: EngineHealth
    version: str
