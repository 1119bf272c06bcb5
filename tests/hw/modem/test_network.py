"""SIM, signal, registration and back-off, each a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.commands_network import Operator
from hw.modem.events import Fact, NetworkChanged, SignalChanged, SimChanged, SimState
from hw.modem.network import NetworkTracker, sim_state
from hw.modem.status import bars


def network(registered: bool, technology: str = "", denied: bool = False) -> NetworkChanged:
    return NetworkChanged(registered=registered, denied=denied, operator="", technology=technology)


STORIES: list[tuple[list[str], list[Fact]]] = [
    (["+CSQ: 23,0", "+CSQ: 23,0", "+CSQ: 99,99"], [SignalChanged(-67), SignalChanged(None)]),
    (["+CSQ: nonsense", "+CSQ:", "+CREG: x", "+CREG:", "+CNSMOD: ", "+CPIN: MAYBE"], []),
    (["+CREG: 1", "+CREG: 1"], [network(True)]),
    (["+CREG: 2", "+CREG: 5"], [network(True)]),
    (["+CREG: 3", "+CEREG: 1"], [network(False, denied=True), network(True)]),
    (["+CEREG: 1", "+CREG: 3"], [network(True)]),
    (["+CREG: 6", "+CEREG: 8"], []),
    (
        ["+CREG: 1", "+CNSMOD: 8", "+CNSMOD: 4", "+CNSMOD: 0"],
        [network(True), network(True, "LTE"), network(True, "WCDMA"), network(True)],
    ),
    (["+CNSMOD: 8", '+CREG: 1,"775C","06F94B9D"'], [network(True, "LTE")]),
    (
        ["+CPIN: READY", "+CPIN: SIM REMOVED", "+CPIN: NOT READY"],
        [SimChanged(SimState.READY), SimChanged(SimState.ABSENT), SimChanged(SimState.BUSY)],
    ),
    (["RING", "NO CARRIER", "", ":", "+", "RDY"], []),
]


@pytest.mark.parametrize(("lines", "facts"), STORIES)
def test_lines_about_the_network_are_told_as_changes(lines: list[str], facts: list[Fact]) -> None:
    tracker = NetworkTracker()
    assert [fact for line in lines for fact in tracker.line(line)] == facts


def test_the_finer_technology_stays() -> None:
    tracker = NetworkTracker()
    tracker.registration("+CREG", 1)
    tracker.mode(7)
    tracker.operator(Operator("MTS RUS", 2))
    assert tracker.network == NetworkChanged(registered=True, denied=False, operator="MTS RUS", technology="HSPA")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("READY", SimState.READY),
        ("SIM PUK2", SimState.READY),
        ("sim not inserted", SimState.ABSENT),
        ("14", SimState.BUSY),
        ("ERROR", None),
    ],
)
def test_words_of_the_sim(word: str, state: SimState | None) -> None:
    assert sim_state(word) is state


@given(st.text(max_size=60), st.sampled_from(["", "+CSQ: ", "+CREG: ", "+CEREG: ", "+CNSMOD: ", "+CPIN: "]))
def test_nonsense_never_raises(text: str, prefix: str) -> None:
    NetworkTracker().line(prefix + text)


@pytest.mark.parametrize(("dbm", "lit"), [(None, 0), (-113, 0), (-109, 1), (-95, 2), (-84, 3), (-73, 4), (-51, 4)])
def test_bars(dbm: int | None, lit: int) -> None:
    assert bars(dbm) == lit
