"""From what was measured on a box to how fast other models would answer on it. PURE.

Writing a token reads the whole model once, so its speed falls with the model's size; reading a prompt does work in
proportion to its size. Both are scaled from one model that was measured. An estimate, and called so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NEW_TOKENS: Final = 60
"""Of a turn: the caller's words, the time, the fact that fits; what came before is kept evaluated."""
SENTENCE_TOKENS: Final = 14
"""Until the first sentence can be spoken, in Russian."""
GOAL_SECONDS: Final = 1.8
"""Beyond it the caller hears the fact as it stands (secretaryd.answer.model_rung)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Of a measured model: its size, and tokens per second of reading and writing."""

    size_mb: float
    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that could be taken."""

    name: str
    size_mb: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """`seconds`: from the caller's last word known to the first sentence ready to be spoken. `fits`: in memory."""

    name: str
    seconds: float
    decode: float
    fits: bool


def predict(measured: Rates, choices: Sequence[Choice], free_mb: float) -> tuple[Prediction, ...]:
    """In the order of the choices."""
    return tuple(_one(measured, choice, free_mb) for choice in choices)


def _one(measured: Rates, choice: Choice, free_mb: float) -> Prediction:
    slower = max(choice.size_mb, 1.0) / max(measured.size_mb, 1.0)
    prefill, decode = measured.prefill / slower, measured.decode / slower
    seconds = NEW_TOKENS / max(prefill, 1e-6) + SENTENCE_TOKENS / max(decode, 1e-6)
    return Prediction(choice.name, seconds, decode, choice.memory_mb <= free_mb)


def recommended(predictions: Sequence[Prediction], goal: float = GOAL_SECONDS) -> Prediction | None:
    """The largest (the slowest) that fits and answers in time; None where none does."""
    good = [each for each in predictions if each.fits and each.seconds <= goal]
    return max(good, key=lambda each: each.seconds, default=None)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of them lies; of none, 0."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
