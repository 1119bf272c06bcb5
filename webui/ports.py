"""What the page needs of the box."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from secretaryd.control.protocol import Piece, Request, Stamped


class StatusDesk(Protocol):
    """The core, seen through its control socket. Both raise CoreAway (or OSError, TimeoutError) when it is away."""

    async def status(self) -> dict[str, Any]:
        """The box as a tree: `box` {name, company, version, uptime_seconds, simulated}, `line` {state, number_masked,
        since (UTC epoch seconds)}, `modem` {up, reason, detail, operator, technology, signal_dbm, bars (0..5), sim},
        `speech` {up, recognizer, voice, starter, reason}, `llm` {up, model, starter, allowed, reason}, `storage`
        {free_bytes, recording}, `alerts` [{code, level ("info" | "warning" | "error"), text, remedy}]. Any key may be
        missing."""

    async def calls(self, limit: int) -> list[dict[str, Any]]:
        """The newest calls first, each {began, answered, ended (UTC epoch seconds or None), number or number_masked,
        outcome}. Any key may be missing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A user as the core knows him. `role` None: he may not come in. `grants`: names of permissions beyond the role.
    `unlocked`: UTC epoch seconds until which failed sign-ins are forgiven. `known`: there is such a user at all."""

    role: str | None
    grants: tuple[str, ...] = ()
    unlocked: float = 0.0
    known: bool = True


class UserDesk(Protocol):
    """Who may come in, by the core's word."""

    async def standing(self, user: str) -> Standing:
        """What he is, and may. Raises CoreAway."""

    async def note(self, what: str, user: str, address: str) -> None:
        """Has the audit keep what happened at the door (`control.protocol.users.Access`). Raises CoreAway."""

    async def redeem(self, token: str, name: str) -> str:
        """Uses an invitation up; returns the user's name. Raises NotWelcome, CoreAway."""


class RequestDesk(Protocol):
    """Everything else that the core does, asked in a user's name: the core looks at the user's rights once more."""

    async def ask(self, request: Request, actor: str) -> Any:
        """The answer as plain data. Raises NotDone, CoreAway."""


class LiveDesk(RequestDesk, Protocol):
    """The same, and answers that come in pieces."""

    def stream(self, request: Request, actor: str) -> AbstractAsyncContextManager[AsyncIterator[Piece]]:
        """Entered once the core has begun to answer. Raises NotDone, CoreAway, also while it is read."""


class Events(AsyncIterable[Stamped], Protocol):
    """A stream of them."""

    @property
    def newest(self) -> int:
        """The id of the last one of the past, which comes before anything new; 0 where there was none."""


class EventDesk(Protocol):
    """What the box tells while it happens, as far as a user may hear it."""

    def events(self, actor: str, after: int) -> AbstractAsyncContextManager[Events]:
        """From the event after `after` on, levels of the sound too; ends with the core. Entering it and reading raise
        NotDone where the user may not listen, CoreAway where nobody answers."""
