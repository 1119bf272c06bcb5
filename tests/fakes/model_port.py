"""A language model that says what it is told to, at the moment it is told to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage

HANG = "\0hang"
FAIL = "\0fail"


class FakeModel:
    """Streams `deltas`: HANG waits until it is cancelled, FAIL raises. Asserts the order of roles that a chat needs."""

    def __init__(self, *deltas: str, ready: bool = True) -> None:
        self.deltas, self.is_ready = deltas, ready
        self.due: float | None = None
        """Seconds that it is predicted to take."""
        self.asked: list[tuple[ChatMessage, ...]] = []
        self.prefilled: list[tuple[str, tuple[ChatMessage, ...], str]] = []
        self.given = 0
        self.closed = 0

    @property
    def ready(self) -> bool:
        return self.is_ready

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncGenerator[str, None]:
        assert first_token_s > 0
        assert messages[0].role == "system"
        assert messages[-1].role == "user"
        assert 0 < max_tokens <= 512
        assert session
        self.asked.append(tuple(messages))
        try:
            for delta in self.deltas:
                if delta == HANG:
                    await asyncio.Event().wait()
                if delta == FAIL:
                    raise ModelUnavailable("the model went away")
                self.given += 1
                yield delta
        finally:
            self.closed += 1

    def predicted(self, messages: Sequence[ChatMessage], *, session: str, characters: int) -> float | None:
        assert characters > 0
        return self.due

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, partial: str = "") -> None:
        self.prefilled.append((session, tuple(messages), partial))
