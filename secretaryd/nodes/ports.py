"""What a language-model node is to the pool."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage, Priority

__all__ = ["ChatMessage", "Fault", "Node", "NodeFailed", "NodeHealth", "NodeSettings", "NodeState", "Priority"]


class NodeState(StrEnum):
    """State of a node as last seen."""

    UNKNOWN = "unknown"
    READY = "ready"
    LOADING = "loading"
    FAILED = "failed"
    AWAY = "away"
    REFUSED = "refused"
    """It would answer, but is not allowed to (the bundled starter model)."""


class Fault(StrEnum):
    """Whose fault a failure was, and so how long to keep away."""

    AWAY = "away"
    """Not reachable, overloaded, loading: it may be back at any time, and its health tells."""
    BROKEN = "broken"
    """It answered, and wrongly: errors, garbage, a key refused."""
    SLOW = "slow"
    """Nothing within the time given."""
    REQUEST = "request"
    """It refused what was asked; another node may not."""


class NodeFailed(ModelUnavailable):
    """One node did not do it."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Where a node is."""

    name: str
    url: str
    """"unix:/path/llm.sock", or an http(s) URL with or without /v1."""
    model: str = ""
    api_key_file: Path | None = None
    api_key: Callable[[], str] | None = None
    """Another place of the key, asked before the file; it may block, and raises OSError where there is none."""


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """A node as last seen."""

    name: str
    state: NodeState = NodeState.UNKNOWN
    model: str = ""
    starter: bool = False
    reason: str = ""
    tokens_per_second: float = 0.0
    """Measured by the node while decoding; 0.0 where it does not say."""


class Node(Protocol):
    """A language model somewhere."""

    @property
    def name(self) -> str:
        """For logs and the health page."""

    @property
    def ours(self) -> bool:
        """It speaks our additions (sessions, prefill, priorities), so asking it often costs nothing."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority,
        max_tokens: int,
        allow_starter: bool,
    ) -> AsyncGenerator[str, None]:
        """Deltas, never empty. Closing cancels. Raises NodeFailed."""

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, priority: Priority, partial: str) -> None:
        """Nothing at all where the node does not support it. Raises NodeFailed."""

    async def release(self, session: str) -> None:
        """Ends a session. Raises NodeFailed."""

    async def health(self) -> NodeHealth:
        """Asks now; a node that cannot be asked is AWAY or FAILED with its reason. Never raises NodeFailed."""

    async def aclose(self) -> None:
        """Closes its connections."""


class ModelPool(Protocol):
    """The pool of nodes, for who asks it outside of a call."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority,
        max_tokens: int,
        first_token_s: float,
        only: str = "",
        answering: Callable[[NodeHealth], None] | None = None,
    ) -> AsyncGenerator[str, None]:
        """Deltas of one answer; closing cancels. `only` names the one node that may answer, `answering` is told which
        one does. Raises ModelUnavailable."""

    async def release(self, session: str) -> None:
        """Never fails."""
