"""What came of the sounds that a caller made over our speech: which of them stopped us, and how soon we were silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.turns_endpoint import quantile

GOAL_SECONDS: Final = 0.15
"""Who speaks over us hears silence by then."""


@dataclass(frozen=True, slots=True)
class Over:
    """A sound of the caller's over our speech. `at_the_ear`: seconds from his first sound to silence at his ear, and
    `on_the_line` less the network's delay of both ways; None where we went on."""

    script: str
    network: str
    wanted: bool
    stopped: bool
    at_the_ear: float | None
    on_the_line: float | None
    to_the_end: float | None = None
    """... Where we went on: until we had said all. None where we were saying nothing any more."""


def left_to_say(turns: Sequence[dict[str, Any]], first_sound: float) -> float | None:
    """Seconds from a caller's first sound to the end of what we were saying then; None of nothing. Both on the
    recording's clock."""
    ends = [turn["end"] for turn in turns if turn["who"] == "secretary" and turn["start"] < first_sound < turn["end"]]
    return round(max(ends) - first_sound, 3) if ends else None


def waited(over: Over) -> float | None:
    """Seconds until an interruption heard silence, whatever made us silent; None where that was not measured."""
    return over.on_the_line if over.stopped else over.to_the_end


def by_network(overs: Sequence[Over]) -> dict[str, dict[str, float]]:
    """The interruptions of each network and of "all": their number, those that did not stop us and those that waited
    for longer than GOAL_SECONDS, for whatever made us silent; p50 and p95 of that, in seconds."""
    speech = [over for over in overs if over.wanted]
    rows = {"all": speech} | {name: [o for o in speech if o.network == name] for name in _networks(speech)}
    return {name: _row(some) for name, some in rows.items()}


def _networks(overs: Sequence[Over]) -> list[str]:
    return sorted({over.network for over in overs})


def _row(overs: Sequence[Over]) -> dict[str, float]:
    times = [time for over in overs if (time := waited(over)) is not None]
    return {
        "n": len(overs),
        "went on": sum(not over.stopped for over in overs),
        "measured": len(times),
        "late": sum(time > GOAL_SECONDS for time in times),
        "p50": quantile(times, 0.5),
        "p95": quantile(times, 0.95),
    }


def show_networks(rows: dict[str, dict[str, float]]) -> None:
    """A line a network."""
    print(f"{'spoken over, s':18} {'n':>5} {'went on':>8} {'measured':>9} {'late':>5} {'p50':>6} {'p95':>6}")
    for name, row in rows.items():
        print(
            f"{name:18} {row['n']:5} {row['went on']:8} {row['measured']:9} {row['late']:5} "
            f"{row['p50']:6.2f} {row['p95']:6.2f}"
        )
