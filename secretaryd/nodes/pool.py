"""The language model as a call sees it: some node answers, in order of preference, or ModelUnavailable is raised."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from secretaryd.nodes.circuit import Circuit
from secretaryd.nodes.ports import ChatMessage, Fault, Node, NodeFailed, NodeHealth, NodeState, Priority
from voice.errors import ModelUnavailable

log = logging.getLogger(__name__)

REFRESH_SECONDS = 10.0
EAGER_SECONDS = 1.0
"""While nobody is ready, the next look is sooner: 1, 2, 4, 8 s."""
FOREIGN_EVERY = 6
"""Others than our own nodes are looked at only every sixth time."""
PROBE_SECONDS = 0.5
"""For a node never seen, within a turn's own time."""
FIRST_SHARE = 0.6
"""Of the time left until the first token, what one node may use up while others could still be tried."""


@dataclass(slots=True)
class _Member:
    node: Node
    seen: NodeHealth
    circuit: Circuit = field(default_factory=Circuit)


class LlmPool:
    """Nodes in order of preference."""

    def __init__(
        self, nodes: Sequence[Node], *, allow_starter: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives monotonic seconds to the back-off. The bundled starter model generates for nobody unless
        `allow_starter`."""
        self._members = [_Member(node, NodeHealth(node.name)) for node in nodes]
        self._allow_starter, self._clock = allow_starter, clock
        self._lost = asyncio.Event()

    async def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority = Priority.CALL,
        max_tokens: int = 120,
        first_token_s: float = 2.0,
        only: str = "",
        answering: Callable[[NodeHealth], None] | None = None,
    ) -> AsyncGenerator[str, None]:
        """Deltas of one answer. Closing cancels it on the node. Until the first delta another node may take over;
        after it, or without any node, or after `first_token_s` seconds without one, raises ModelUnavailable. `only`
        names the one node that may answer; `answering` is told which one does, before its first delta."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + first_token_s
        reasons: list[str] = []
        members = await self._usable(min(PROBE_SECONDS, first_token_s / 2))
        members = [member for member in members if only in ("", member.node.name)]
        for at, member in enumerate(members):
            share = (deadline - clock()) * (FIRST_SHARE if at + 1 < len(members) else 1.0)
            words = member.node.stream(
                messages,
                session=session,
                priority=priority,
                max_tokens=max_tokens,
                allow_starter=self._allow_starter,
            )
            async with aclosing(words):
                try:
                    first = await self._first(words, share)
                except NodeFailed as error:
                    self._failed(member, error)
                    reasons.append(f"{member.node.name}: {error}")
                    continue
                member.circuit.succeeded()
                if answering is not None:
                    answering(self._shown(member))
                yield first
                try:
                    async for text in words:
                        yield text
                except NodeFailed as error:
                    self._failed(member, error)
                    raise
                return
        raise ModelUnavailable("; ".join(reasons) or self._why_none())

    async def _first(self, words: AsyncGenerator[str, None], seconds: float) -> str:
        try:
            async with asyncio.timeout(seconds):
                return await anext(words)
        except TimeoutError as error:
            raise NodeFailed(Fault.SLOW, f"no word within {seconds:.1f} s") from error
        except StopAsyncIteration as error:
            raise NodeFailed(Fault.SLOW, "an empty answer") from error

    async def prefill(
        self, session: str, messages: Sequence[ChatMessage], partial: str = "", *, priority: Priority = Priority.CALL
    ) -> None:
        """Has the node that would answer evaluate what is known of the prompt. A hint: it never fails; cancelling it
        is fine."""
        for member in self._ready()[:1]:
            try:
                await member.node.prefill(messages, session=session, priority=priority, partial=partial)
            except NodeFailed as error:
                self._failed(member, error)

    async def release(self, session: str) -> None:
        """Tells the nodes that a session is over. Never fails."""
        for member in self._members:
            if member.node.ours and member.seen.state is NodeState.READY:
                try:
                    await member.node.release(session)
                except NodeFailed as error:
                    log.debug("session not released", extra={"node": member.node.name, "reason": str(error)})

    @property
    def ready(self) -> bool:
        """Some node would be asked now."""
        return bool(self._ready())

    async def health(self) -> tuple[NodeHealth, ...]:
        """Every node as last seen, in order of preference; asks nobody."""
        return tuple(self._shown(member) for member in self._members)

    async def refresh(self, *, foreign: bool = True) -> None:
        """Looks at the nodes now; at those that are not ours only if `foreign`."""
        async with asyncio.TaskGroup() as group:
            for member in self._members:
                if foreign or member.node.ours:
                    group.create_task(self._look(member), name=f"llm.health.{member.node.name}")

    async def run(self) -> None:
        """Keeps the health fresh until cancelled."""
        count, pause = 0, EAGER_SECONDS
        while True:
            await self.refresh(foreign=count % FOREIGN_EVERY == 0 or not self.ready)
            count += 1
            pause = REFRESH_SECONDS if self.ready else min(pause * 2, REFRESH_SECONDS)
            self._lost.clear()
            try:
                async with asyncio.timeout(pause):
                    await self._lost.wait()
            except TimeoutError:
                continue
            # A node was lost in use; a restarted one is back within seconds.
            pause = EAGER_SECONDS
            await asyncio.sleep(pause)

    async def aclose(self) -> None:
        """Closes the connections; after `run` and every stream have ended."""
        for member in self._members:
            await member.node.aclose()

    # -- choosing ---------------------------------------------------------------------------------------------------

    async def _usable(self, probe_s: float) -> list[_Member]:
        """Who may be asked now; those never seen are looked at first, since one of them could be a starter model."""
        unknown = [member for member in self._members if member.seen.state is NodeState.UNKNOWN]
        if unknown:
            async with asyncio.TaskGroup() as group:
                for member in unknown:
                    group.create_task(self._look(member, probe_s), name=f"llm.probe.{member.node.name}")
        return self._ready()

    def _ready(self) -> list[_Member]:
        now = self._clock()
        return [
            member
            for member in self._members
            if self._shown(member).state is NodeState.READY and member.circuit.closed(now)
        ]

    def _shown(self, member: _Member) -> NodeHealth:
        if member.seen.starter and not self._allow_starter:
            return replace(member.seen, state=NodeState.REFUSED, reason="starter")
        return member.seen

    async def _look(self, member: _Member, seconds: float | None = None) -> None:
        try:
            async with asyncio.timeout(seconds):
                seen = await member.node.health()
        except TimeoutError:
            return  # still unknown: the regular look will tell
        if (seen.state, seen.reason) != (member.seen.state, member.seen.reason):
            log.info("llm node", extra={"node": seen.name, "state": seen.state.value, "reason": seen.reason})
        member.seen = seen
        if seen.state is NodeState.READY:
            member.circuit.probed_well()

    def _failed(self, member: _Member, error: NodeFailed) -> None:
        member.circuit.failed(error.fault, self._clock())
        log.warning(
            "llm node failed",
            extra={"node": member.node.name, "fault": error.fault.value, "reason": str(error)},
        )
        if error.fault is Fault.AWAY:
            member.seen = replace(member.seen, state=NodeState.AWAY, reason=str(error))
            self._lost.set()

    def _why_none(self) -> str:
        now, reasons = self._clock(), []
        for member in self._members:
            shown = self._shown(member)
            reason = shown.reason or (shown.state.value if member.circuit.closed(now) else "failed lately")
            reasons.append(f"{shown.name}: {reason}")
        return "; ".join(reasons) or "no language model is configured"
