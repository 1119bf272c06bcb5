"""What answering needs of others."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from voice.llm.protocol import ChatMessage


class ModelPort(Protocol):
    """A language model, wherever it runs."""

    @property
    def ready(self) -> bool:
        """Whether it is worth asking at all; False at once sends the question to the next rung."""

    def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncGenerator[str, None]:
        """The answer in pieces of any size as they come; closing the generator cancels. Raises ModelUnavailable, also
        where nothing came within `first_token_s` seconds."""

    async def prefill(self, session: str, messages: Sequence[ChatMessage], partial: str = "") -> None:
        """Prepares `messages`, with `partial` as the beginning of the caller's next words; may do nothing."""
