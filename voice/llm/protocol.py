"""What is said to a language model and about it: shared by the node and by its clients; imports nothing heavy."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path

from voice.llm.pace import Pace


class Priority(StrEnum):
    """Who waits for the words. A lower rank pre-empts a higher one within one token."""

    CALL = "call"
    OWNER = "owner"
    WIDGET = "widget"
    BATCH = "batch"

    @property
    def rank(self) -> int:
        """0 for a caller on the line, growing as patience grows."""
        return tuple(Priority).index(self)


class Work(IntEnum):
    """Kinds of work of one priority, the more urgent first: an answer goes before somebody else's preparation."""

    GENERATE = 0
    PREFILL = 1


class ModelState(StrEnum):
    """State of the one model of a node."""

    ABSENT = "absent"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn; `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """What the llm process needs to know."""

    socket: Path
    """Unix socket to listen on; made with mode 0660."""
    model: Path | None = None
    """The GGUF file; None leaves the process up, answering why there is none."""
    model_name: str = ""
    """Name shown and reported; empty takes the file's stem."""
    context: int = 2048
    """Tokens of context; lowered to what the model was trained with."""
    threads: int = 0
    """Threads of the engine; 0 takes one a core and leaves the last core to the sound."""
    pace: Pace | None = None
    """Slows the engine down to another machine's speed."""
    starter: bool = False
    """The model is the bundled toy: clients that do not allow it are refused."""
    trouble: str = "no model is configured"
    """Why `model` is None, for people."""

    @property
    def name(self) -> str:
        """The name the model goes by."""
        return self.model_name or (self.model.stem if self.model else "")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request cost. Seconds are of the engine's clock, waiting for others included."""

    prompt_tokens: int
    cached_tokens: int
    """Tokens of the prompt that were found evaluated and cost nothing."""
    evaluated_tokens: int
    """Tokens really evaluated for this request: prompt, generated, and repeated after a pre-emption."""
    completion_tokens: int
    queued_s: float
    first_token_s: float
    """From the request to its first token; 0.0 when there was none."""
    total_s: float
    preemptions: int = 0


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """The engine's state for /health."""

    state: ModelState
    reason: str
    model: str
    starter: bool
    load_seconds: float
    context: int
    queue: int
    sessions: int
    session_bytes: int
    prefill_tps: float
    """Measured over the last evaluations, tokens a second; 0.0 before the first."""
    decode_tps: float
    paced: str
