"""What answering needs of others."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from voice.llm.protocol import ChatMessage


class ModelPort(Protocol):
    """A language model, wherever it runs."""

    @property
    def ready(self) -> bool:
        """Whether it is worth asking at all; False at once sends the question to the next rung."""

    def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        """The answer in pieces of any size as they come, an asynchronous generator: closing it cancels. Raises
        ModelUnavailable, also where nothing comes within `first_token_s` seconds."""

    def predicted(self, messages: Sequence[ChatMessage], *, session: str, characters: int) -> float | None:
        """Seconds until so many characters of an answer would be there; None where the pace is not known."""

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, partial: str = "") -> None:
        """Prepares `messages`, with `partial` as the beginning of the caller's next words; may do nothing."""
