"""How long a failing node is left alone. Pure: the time is given."""

from dataclasses import dataclass

from secretaryd.nodes.ports import Fault

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
SLOW_LIMIT = 3
"""Slow answers in a row before a node is left alone: a cold prompt is slow once, and then it is evaluated."""


@dataclass(slots=True)
class Circuit:
    """Of one node."""

    failures: int = 0
    slow: int = 0
    until: float = 0.0
    fault: Fault | None = None

    def closed(self, now: float) -> bool:
        """Whether the node may be tried."""
        return now >= self.until

    def failed(self, fault: Fault, now: float) -> None:
        """A try failed: the node is left alone, twice as long each time."""
        if fault is Fault.REQUEST:
            return
        if fault is Fault.SLOW:
            self.slow += 1
            if self.slow < SLOW_LIMIT:
                return
        self.fault = fault
        self.failures += 1
        self.until = now + min(FIRST_SECONDS * 2.0 ** min(self.failures - 1, 16), LONGEST_SECONDS)

    def succeeded(self) -> None:
        """It answered a request."""
        self.failures, self.slow, self.until, self.fault = 0, 0, 0.0, None

    def probed_well(self) -> None:
        """Its health is good. That ends a wait for a node that was away, but proves nothing of one that answers
        wrongly or slowly. The count stays until it has answered a request."""
        if self.fault is Fault.AWAY:
            self.until = 0.0
