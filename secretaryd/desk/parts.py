"""What the topics of the desk share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from secretaryd.control.protocol import Request
from secretaryd.control.rights import Peer
from storage.audit.records import By

MAX_ID: Final = 2**63 - 1  # SQLite's

Handlers = Mapping[type[Request], Callable[[Any, Peer], Awaitable[Any]]]
"""What a topic does, by the class of the request: (request, who asks) -> plain data. Raises DeskError."""


class Line(Protocol):
    """The line's arbiter: a call goes first."""

    @property
    def busy(self) -> bool:
        """A call has the line, or rings."""


def by(peer: Peer) -> By:
    """Who asks, as the audit names him."""
    return By(peer.actor or f"uid {peer.uid}", "control")


def plain(record: Any) -> dict[str, Any]:
    """A frozen record as JSON can carry it."""
    plain: dict[str, Any] = msgspec.to_builtins(record, enc_hook=str)
    return plain
