"""What the run came to: the network's ledger against the box's rows. PURE. It is kept as JSON beside the data."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tests.fakes.virtual_modem import Offered, Outage

REPLUG_SECONDS: Final = 15.0
HUNG_SECONDS: Final = 60.0
"""The limits of the way back: of a module that is there again, and of one that hangs. Where more than one thing was
wrong, the second holds, from the moment at which the last of them was over."""
GROWTH: Final = 0.05
"""Of memory, descriptors and threads, between a look after the warm-up and one at the end."""
WARM_CALLS: Final = 2000
"""Calls between the two looks without which memory is not judged: what a leak adds call by call must stand out from
what an allocator keeps for later. A leak of 4.3 kB a call is 5 % of the process (172 MB) after so many."""
RINGS: Final = 2
REPLUGS: Final = frozenset({"unplugged", "reset", "power"})
KEPT_TROUBLES: Final = 30
SMS_WRONGS: Final = (
    "came_lost",
    "came_doubled",
    "written_lost",
    "notices_lost",
    "sent_lost",
    "sent_doubled",
)


@dataclass(slots=True)
class Resources:
    """What the process holds."""

    memory: int = 0
    descriptors: int = 0
    threads: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of the whole run, over all its parts."""

    seed: int
    done: int = 0
    """Calls planned and gone through."""
    calls: int = 0
    """Offered by the network, second callers included."""
    answered: int = 0
    gave_up: int = 0
    away: int = 0
    """Offered while the module was off the bus, not registered or hung: nobody could have answered."""
    waiting: int = 0
    full: int = 0
    """Talked frame by frame (a call taken over counts anew)."""
    kept: int = 0
    lost: int = 0
    unanswered: int = 0
    """Rang on a modem that worked, for long enough, and were not answered."""
    ghosts: int = 0
    taken_over: int = 0
    """Rows that go on with a call of before a crash or a loss of the port."""
    open_rows: int = 0
    stuck: int = 0
    kills: int = 0
    power_cuts: int = 0
    messages: int = 0
    messages_lost: int = 0
    sms: dict[str, Any] = field(default_factory=dict)
    """tests.soak.messages.SmsAccount of the whole run."""
    sms_in_call: int = 0
    """Commands about messages written while the box knew of a call, which the application note forbids."""
    sms_crossing: int = 0
    """Those on their way when a call came, or while the module did not tell of it: nobody could know."""
    engine_kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    """Of the modem's time."""
    rings: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    """How often each was taken."""
    cured: dict[str, list[float]] = field(default_factory=dict)
    """The last rung of each trouble that ended by itself being well again, to seconds since the trouble began."""
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    """Kind of outage to the seconds from the moment at which the module could work again; of a module that hangs, from
    the hang on, or from the end of the time that the command under way may take (sending a message: a minute)."""
    early: Resources = field(default_factory=Resources)
    """After a third of the calls of this part of the run: by then everything that is loaded once, or kept up to a
    bound (modules, telephone numbers' metadata, the database's pages, what a conversation needs), has been. A part that
    goes on after Ctrl-C is another process and warms up anew."""
    late: Resources = field(default_factory=Resources)
    calls_between: int = 0
    """Calls between these two looks."""
    troubles: list[str] = field(default_factory=list)
    """The first ones, in words."""

    def trouble(self, text: str) -> None:
        """Something that must not be."""
        if len(self.troubles) < KEPT_TROUBLES:
            self.troubles.append(text)

    def add_call(self, call: Offered, *, could_answer: bool, patience: float) -> None:
        """A call that is over for the network."""
        self.calls += 1
        self.waiting += call.waiting
        if call.answered is not None:
            self.answered += 1
            count = str(call.rings)
            self.rings[count] = self.rings.get(count, 0) + 1
        elif not call.heard_rings:
            self.away += 1
        elif not call.waiting:
            self.gave_up += 1
            if could_answer and call.by == "gave_up" and patience >= 20.0:
                self.unanswered += 1
                self.trouble(f"call {call.number or 'withheld'} rang {call.heard_rings} times and was not answered")

    def add_outages(self, outages: Iterable[Outage]) -> None:
        """Ways of having had no modem."""
        for outage in outages:
            if outage.mended is not None:
                began = outage.began if outage.kind == "hung" else outage.possible or outage.began
                began = max(began, outage.hindered or began)
                self.recoveries.setdefault(outage.kind, []).append(round(max(0.0, outage.mended - began), 1))

    def compare(self, offered: Sequence[Offered], numbers: Sequence[str | None], where: str = "") -> None:
        """The calls of one stretch against the rows that came of it; `numbers` are the rows'. A call that rang where
        the box could hear it has a row; a row has a call. A number may have been hidden from the box."""
        rows = Counter(numbers)
        hidden = 0
        for call in offered:
            if rows[call.number or None] > 0:
                rows[call.number or None] -= 1
                self.kept += 1
            elif call.heard_rings or call.answered is not None:
                hidden += 1
        unknown = rows.pop(None, 0)
        found = min(hidden, unknown)
        self.kept += found
        if hidden > found:
            self.lost += hidden - found
            self.trouble(f"{hidden - found} of {[call.number for call in offered]} left no row{where}")
        known = {call.number for call in offered}
        extra = {number: count for number, count in rows.items() if count > 0}
        again = sum(count for number, count in extra.items() if number in known) + (unknown - found)
        strangers = sum(count for number, count in extra.items() if number not in known)
        self.taken_over += again
        self.ghosts += strangers
        if strangers:
            self.trouble(f"rows of nobody: {[number for number in extra if number not in known]}")

    def verdict(self) -> list[str]:
        """What is not as it must be; empty when all is well."""
        wrong = []
        for name, count in (
            ("calls lost", self.lost),
            ("calls not answered by a box that could", self.unanswered),
            ("rows of nobody", self.ghosts),
            ("rows left open", self.open_rows),
            ("stuck states", self.stuck),
            ("messages lost", self.messages_lost),
            *((f"SMS {name.replace('_', ' ')}", self.sms.get(name, 0)) for name in SMS_WRONGS),
        ):
            if count:
                wrong.append(f"{name}: {count}")
        if self.answered and self.rings_p99() > RINGS:
            wrong.append(f"rings until the answer, p99: {self.rings_p99()}")
        for kind, limit in [
            ("hung", HUNG_SECONDS),
            ("hindered", HUNG_SECONDS),
            *((kind, REPLUG_SECONDS) for kind in sorted(REPLUGS)),
        ]:
            if (worst := max(self.recoveries.get(kind, [0.0]))) > limit:
                wrong.append(f"back after {kind}: {worst:.1f} s, the limit is {limit:g}")
        wrong += [f"{name} grew by {share:.1%}" for name, share in self.growth().items() if share > GROWTH]
        return wrong

    def rings_p99(self) -> int:
        """Rings that 99 of 100 answered callers heard at the most."""
        wanted, seen = math.ceil(0.99 * self.answered), 0
        for count in sorted(self.rings, key=int):
            seen += self.rings[count]
            if seen >= wanted:
                return int(count)
        return 0

    def growth(self) -> dict[str, float]:
        """Shares by which the process grew between the two looks; what is not judged is not in it."""
        if not self.early.memory or not self.late.memory:
            return {}
        pairs = {
            "memory": (self.early.memory, self.late.memory),
            "descriptors": (self.early.descriptors, self.late.descriptors),
            "threads": (self.early.threads, self.late.threads),
        }
        if self.calls_between < WARM_CALLS:
            del pairs["memory"]
        return {name: (late - early) / early for name, (early, late) in pairs.items()}

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Tally":
        """The reverse."""
        data = {**data, "early": Resources(**data["early"]), "late": Resources(**data["late"])}
        return cls(**data)
