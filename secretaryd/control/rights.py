"""Who may ask what. Pure. Rights come from the peer's uid, as the kernel tells it; a request cannot widen them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from secretaryd.control.protocol import Right

ADMIN = frozenset(Right)
NOBODY: frozenset[Right] = frozenset()


class Refused(Exception):
    """The peer may not do that; `who` it is, and which right it would need ("" where nobody may)."""

    def __init__(self, who: str, right: str = "") -> None:
        super().__init__(f"{who} may not do this ({right})" if right else who)
        self.who, self.right = who, right


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection: kernel credentials, and the user for whom a trusted process asks."""

    uid: int
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """`admins` are the uids of root, of the core itself and of the console group; `delegates` (the web process) may ask
    only in the name of an actor, or just look; `actors` are the users that the core knows, with their rights."""

    admins: frozenset[int]
    delegates: frozenset[int] = frozenset()
    actors: Mapping[str, frozenset[Right]] = field(default_factory=dict)

    def of(self, peer: Peer) -> frozenset[Right]:
        """Everything this peer may do."""
        if peer.actor is not None and (peer.uid in self.delegates or peer.uid in self.admins):
            return self.actors.get(peer.actor, NOBODY) | {Right.LOOK}
        if peer.uid in self.admins:
            return ADMIN
        if peer.uid in self.delegates:
            return frozenset({Right.LOOK})
        return NOBODY

    def require(self, peer: Peer, right: Right) -> None:
        """Raises Refused unless the peer has the right."""
        if right not in self.of(peer):
            who = f"user {peer.actor!r}" if peer.actor is not None else f"uid {peer.uid}"
            raise Refused(who, right)
