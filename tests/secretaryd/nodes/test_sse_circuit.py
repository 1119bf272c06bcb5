"""The pure parts: event streams and back-off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.nodes.circuit import LONGEST_SECONDS, SLOW_LIMIT, Circuit
from secretaryd.nodes.ports import Fault
from secretaryd.nodes.sse import MAX_EVENT, BadStream, EventStream

RAW = (
    ': hello\r\n\r\nevent: x\ndata: {"a": 1}\n\ndata:два\r\ndata: три\r\n\r\n\n\nid: 5\n\ndata: [DONE]\n\ndata: open'
).encode()


@given(st.lists(st.integers(0, len(RAW)), max_size=12))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    stream, events = EventStream(), []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(RAW)], strict=True):
        events += stream.feed(RAW[begin:end])
    assert events == ['{"a": 1}', "два\nтри", "[DONE]"]


@pytest.mark.parametrize("data", [b"x" * (MAX_EVENT + 1), b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_end_is_refused(data: bytes) -> None:
    stream = EventStream()

    def flood() -> None:
        for _ in range(MAX_EVENT // 1000 + 2):
            stream.feed(data)

    with pytest.raises(BadStream):
        flood()


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadStream):
        EventStream().feed(b"data: \xff\xfe\n\n")


def test_a_failing_node_is_left_alone_twice_as_long_each_time() -> None:
    circuit, now, waits = Circuit(), 0.0, []
    for _ in range(9):
        circuit.failed(Fault.BROKEN, now)
        assert not circuit.closed(now)
        waits.append(circuit.until - now)
        now = circuit.until
        assert circuit.closed(now)
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]
    circuit.succeeded()
    circuit.failed(Fault.BROKEN, now)
    assert circuit.until - now == 1


@pytest.mark.parametrize(
    ("faults", "closed", "closed_after_probe"),
    [
        ([Fault.REQUEST] * 9, True, True),
        ([Fault.SLOW] * (SLOW_LIMIT - 1), True, True),
        ([Fault.SLOW] * SLOW_LIMIT, False, False),
        ([Fault.AWAY], False, True),
        ([Fault.BROKEN], False, False),
        ([Fault.AWAY, Fault.BROKEN], False, False),
    ],
)
def test_each_fault_is_left_alone_in_its_own_way(faults: list[Fault], closed: bool, closed_after_probe: bool) -> None:
    circuit = Circuit()
    for fault in faults:
        circuit.failed(fault, 0.0)
    assert circuit.closed(0.5) is closed
    circuit.probed_well()
    assert circuit.closed(0.5) is closed_after_probe
