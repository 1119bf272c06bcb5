"""What the runner needs of an engine. Everything blocks and belongs to one thread, but `interrupt` and `resume`."""

from collections.abc import Sequence
from typing import Protocol

BATCH = 32
"""Tokens evaluated at once: what an interruption loses at most, about a second's work on a Pi 5."""


class Info(Protocol):
    """What a loaded model says of itself."""

    @property
    def context(self) -> int:
        """Tokens that fit."""

    @property
    def chat_template(self) -> str | None:
        """Jinja2 source, where the file has one."""

    @property
    def bos(self) -> str:
        """Text of the token that begins a text; "" for none."""

    @property
    def eos(self) -> str:
        """Text of the token that ends one."""


class TokenSampler(Protocol):
    """Chooses tokens for one generation."""

    def sample(self) -> int:
        """The next token, from the last evaluation."""

    def close(self) -> None:
        """Frees it."""


class Engine(Protocol):
    """A model with one context and one sequence in it."""

    @property
    def info(self) -> Info:
        """Of the loaded model."""

    def tokenize(self, text: str) -> list[int]:
        """Tokens of a rendered prompt."""

    def piece(self, token: int) -> bytes:
        """A token's text; maybe a part of a character."""

    def is_end(self, token: int) -> bool:
        """Whether the model has finished with it."""

    def evaluate(self, tokens: Sequence[int], position: int) -> int:
        """Evaluates at most BATCH tokens from `position` on; returns how many positions are then held: none of
        `tokens` if interrupted."""

    def truncate(self, length: int) -> int:
        """Keeps the first `length` positions; returns how many are kept: `length` or 0."""

    def clear(self) -> None:
        """Empties the context."""

    def save(self) -> bytes:
        """The sequence's state."""

    def restore(self, state: bytes) -> None:
        """Replaces the sequence by a saved one."""

    def sampler(self, temperature: float, seed: int) -> TokenSampler:
        """A chooser for one generation."""

    def interrupt(self) -> None:
        """From any thread: stops the evaluation under way."""

    def resume(self) -> None:
        """From any thread: before the next evaluation."""

    def close(self) -> None:
        """Frees everything."""
