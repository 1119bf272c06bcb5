"""Every order of call lines that the field knows, and what it means for the one call."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.commands import parse_call_row
from hw.modem.call_table import TABLE, Phase
from hw.modem.calls import CallTracker
from hw.modem.events import (
    CallerKnown,
    CallMissed,
    CallOver,
    CallUp,
    DigitPressed,
    Fact,
    Presentation,
    Ringing,
    WaitingCall,
)

NUMBER = "+79161234567"
CLIP = f'+CLIP: "{NUMBER}",145,,,,0'
WITHHELD = '+CLIP: "",128,,,,1'
ROW = f'+CLCC: 1,1,{{}},0,0,"{NUMBER}",145'
ATA = "<ATA>"
ATA_FAILED = "<ATA failed>"
CHUP = "<CHUP OK>"


def listing(*rows: str) -> str:
    """Stands for AT+CLCC and its answer."""
    return "<CLCC>" + "|".join(rows)


KNOWN = CallerKnown(NUMBER, Presentation.PRESENTED, CLIP)
KNOWN_BY_ROW = CallerKnown(NUMBER, Presentation.PRESENTED, NUMBER)
UNKNOWN = CallerKnown(None, Presentation.WITHHELD, WITHHELD)

Story = Sequence[str | float]
"""Lines, orders and listings; a number is a pause in seconds."""

STORIES: list[tuple[str, Story, list[Fact]]] = [
    ("one ring", ["RING"], [Ringing()]),
    ("a ring and its caller", ["RING", CLIP], [Ringing(), KNOWN]),
    ("rings repeat, the caller is told once", ["RING", CLIP, 6, "RING", CLIP], [Ringing(), KNOWN, Ringing()]),
    ("CRC: the other ring", ["+CRING: VOICE", CLIP], [Ringing(), KNOWN]),
    ("a data call is none of ours", ["+CRING: REL ASYNC"], []),
    ("a ring told twice", ["RING", 0.1, "RING", CLIP, CLIP], [Ringing(), KNOWN]),
    ("the row before the ring", [ROW.format(4), "RING", CLIP], [Ringing(), KNOWN_BY_ROW]),
    ("the row after the ring", ["RING", ROW.format(4), CLIP], [Ringing(), KNOWN_BY_ROW]),
    (
        "a row without a ring is confirmed by the list",
        [ROW.format(4), 3, listing(ROW.format(4))],
        [Ringing(), KNOWN_BY_ROW],
    ),
    ("no CLIP at all", ["RING", 6, "RING"], [Ringing(), Ringing()]),
    ("CLIP late", ["RING", 1, CLIP], [Ringing(), KNOWN]),
    ("CLIP with the second ring only", ["RING", 6, "RING", CLIP], [Ringing(), Ringing(), KNOWN]),
    ("CLIP after the call was answered", ["RING", ATA, "VOICE CALL: BEGIN", CLIP], [Ringing(), CallUp(), KNOWN]),
    ("CLIP after the call is over", ["RING", "NO CARRIER", CLIP], [Ringing(), CallOver("NO CARRIER")]),
    ("withheld", ["RING", WITHHELD], [Ringing(), UNKNOWN]),
    ("withheld, then known", ["RING", WITHHELD, 6, "RING", CLIP], [Ringing(), UNKNOWN, Ringing(), KNOWN]),
    ("answered, BEGIN after OK", ["RING", ATA, "VOICE CALL: BEGIN"], [Ringing(), CallUp()]),
    (
        "BEGIN twice and a row",
        ["RING", ATA, "VOICE CALL: BEGIN", ROW.format(0), "VOICE CALL: BEGIN"],
        [Ringing(), CallUp(), KNOWN_BY_ROW],
    ),
    ("the row before BEGIN", ["RING", ATA, ROW.format(0), "VOICE CALL: BEGIN"], [Ringing(), CallUp(), KNOWN_BY_ROW]),
    ("no BEGIN, the list tells", ["RING", ATA, 0.5, listing(ROW.format(0))], [Ringing(), CallUp(), KNOWN_BY_ROW]),
    ("BEGIN without our answer", ["RING", "VOICE CALL: BEGIN"], [Ringing(), CallUp()]),
    (
        "END, then NO CARRIER",
        ["RING", ATA, "VOICE CALL: BEGIN", "VOICE CALL: END: 000352", "NO CARRIER"],
        [Ringing(), CallUp(), CallOver("VOICE CALL: END")],
    ),
    (
        "NO CARRIER, then END",
        ["RING", ATA, "VOICE CALL: BEGIN", "NO CARRIER", "VOICE CALL: END: 000352"],
        [Ringing(), CallUp(), CallOver("NO CARRIER")],
    ),
    (
        "END alone",
        ["RING", ATA, "VOICE CALL: BEGIN", "VOICE CALL:END: 000017"],
        [Ringing(), CallUp(), CallOver("VOICE CALL: END")],
    ),
    (
        "END without a time",
        ["RING", ATA, "VOICE CALL: BEGIN", "VOICE CALL: END"],
        [Ringing(), CallUp(), CallOver("VOICE CALL: END")],
    ),
    (
        "NO CARRIER alone",
        ["RING", ATA, "VOICE CALL: BEGIN", "NO CARRIER"],
        [Ringing(), CallUp(), CallOver("NO CARRIER")],
    ),
    (
        "row 6, NO CARRIER, END",
        ["RING", ATA, "VOICE CALL: BEGIN", ROW.format(6), "NO CARRIER", "VOICE CALL: END: 000017"],
        [Ringing(), CallUp(), CallOver("CLCC state 6")],
    ),
    ("the caller gives up", ["RING", CLIP, "NO CARRIER"], [Ringing(), KNOWN, CallOver("NO CARRIER")]),
    (
        "the caller gives up, then MISSED_CALL",
        ["RING", CLIP, "NO CARRIER", 1, f"MISSED_CALL: 08:48AM {NUMBER}"],
        [Ringing(), KNOWN, CallOver("NO CARRIER"), CallMissed(NUMBER)],
    ),
    (
        "MISSED_CALL alone",
        ["RING", CLIP, f"MISSED_CALL: 08:48AM {NUMBER}"],
        [Ringing(), KNOWN, CallOver("MISSED_CALL"), CallMissed(NUMBER)],
    ),
    (
        "MISSED_CALL, then NO CARRIER",
        ["RING", CLIP, f"MISSED_CALL: 08:48AM {NUMBER}", "NO CARRIER"],
        [Ringing(), KNOWN, CallOver("MISSED_CALL"), CallMissed(NUMBER)],
    ),
    (
        "MISSED_CALL of an unknown call is checked",
        ["RING", f"MISSED_CALL: 08:48AM {NUMBER}", listing(), listing()],
        [Ringing(), CallMissed(NUMBER), CallOver("CLCC empty")],
    ),
    (
        "MISSED_CALL without a number",
        ["RING", WITHHELD, "MISSED_CALL: 08:48AM"],
        [Ringing(), UNKNOWN, CallOver("MISSED_CALL"), CallMissed(None)],
    ),
    (
        "MISSED_CALL minutes late while another rings",
        ["RING", '+CLIP: "900",129', "NO CARRIER", 180, "RING", CLIP, "MISSED_CALL: 08:48AM 900"],
        [
            Ringing(),
            CallerKnown("900", Presentation.PRESENTED, '+CLIP: "900",129'),
            CallOver("NO CARRIER"),
            Ringing(),
            KNOWN,
            CallMissed("900"),
        ],
    ),
    (
        "MISSED_CALL late while the same caller rings again",
        ["RING", CLIP, "NO CARRIER", 180, "RING", CLIP, f"MISSED_CALL: 08:48AM {NUMBER}"],
        [Ringing(), KNOWN, CallOver("NO CARRIER"), Ringing(), KNOWN, CallMissed(NUMBER)],
    ),
    (
        "MISSED_CALL late in a call",
        ["RING", CLIP, ATA, "VOICE CALL: BEGIN", f"MISSED_CALL: 08:48AM {NUMBER}"],
        [Ringing(), KNOWN, CallUp(), CallMissed(NUMBER)],
    ),
    ("rings stop without a word", ["RING", 6, "RING", 10.5, ""], [Ringing(), Ringing(), CallOver("RING stopped")]),
    ("rings 10 s apart still ring", ["RING", 9.9, "RING", 9.9, ""], [Ringing(), Ringing()]),
    (
        "a silent end in a call",
        ["RING", ATA, "VOICE CALL: BEGIN", 3, listing(), 0.5, listing()],
        [Ringing(), CallUp(), CallOver("CLCC empty")],
    ),
    (
        "one empty list is not enough",
        ["RING", ATA, "VOICE CALL: BEGIN", 3, listing(), 0.5, listing(ROW.format(0)), 3, listing()],
        [Ringing(), CallUp(), KNOWN_BY_ROW],
    ),
    (
        "a list of dead rows is empty",
        ["RING", 3, listing(ROW.format(6)), listing(ROW.format(6))],
        [Ringing(), CallOver("CLCC empty")],
    ),
    (
        "ATA refused, the call goes on ringing",
        ["RING", ATA, ATA_FAILED, 5, "RING", ATA, "VOICE CALL: BEGIN"],
        [Ringing(), Ringing(), CallUp()],
    ),
    ("ATA with nobody left", ["RING", ATA, "NO CARRIER", "NO CARRIER"], [Ringing(), CallOver("NO CARRIER")]),
    (
        "END before the OK of CHUP",
        ["RING", ATA, "VOICE CALL: BEGIN", "VOICE CALL: END: 000352", CHUP],
        [Ringing(), CallUp(), CallOver("VOICE CALL: END")],
    ),
    (
        "CHUP without END or NO CARRIER",
        ["RING", ATA, "VOICE CALL: BEGIN", CHUP, listing(), listing()],
        [Ringing(), CallUp(), CallOver("CLCC empty")],
    ),
    (
        "a late BEGIN of a call that is over",
        ["RING", ATA, "NO CARRIER", "VOICE CALL: BEGIN", listing()],
        [Ringing(), CallOver("NO CARRIER")],
    ),
    ("a call whose ring was lost", ["VOICE CALL: BEGIN", listing(ROW.format(0))], [CallUp(), KNOWN_BY_ROW]),
    ("words about nothing", ["NO CARRIER", "VOICE CALL: END: 000352", ROW.format(6), "BUSY", CLIP], []),
    (
        "a digit",
        ["RING", ATA, "VOICE CALL: BEGIN", "+RXDTMF: 5", "+RXDTMF: #", "+RXDTMF: d"],
        [Ringing(), CallUp(), DigitPressed("5"), DigitPressed("#"), DigitPressed("D")],
    ),
    ("no digits outside a call", ["+RXDTMF: 5", "RING", "+RXDTMF: 5"], [Ringing()]),
    (
        "nonsense digits",
        ["RING", ATA, "VOICE CALL: BEGIN", "+RXDTMF: 55", "+RXDTMF: x", "+RXDTMF:"],
        [Ringing(), CallUp()],
    ),
    (
        "a waiting call, told twice",
        ["RING", ATA, "VOICE CALL: BEGIN", '+CCWA: "+79030000001",145,1', '+CLCC: 2,1,5,0,0,"+79030000001",145'],
        [Ringing(), CallUp(), WaitingCall("+79030000001")],
    ),
    (
        "a waiting call by its row",
        ["RING", ATA, ROW.format(0), "+CLCC: 2,1,5,0,0"],
        [Ringing(), CallUp(), KNOWN_BY_ROW, WaitingCall(None)],
    ),
    (
        "the waiting caller gives up",
        ["RING", ATA, ROW.format(0), '+CCWA: "900",129,1', "+CLCC: 2,1,6,0,0", listing(ROW.format(0))],
        [Ringing(), CallUp(), KNOWN_BY_ROW, WaitingCall("900")],
    ),
    (
        "the waiting caller's NO CARRIER",
        ["RING", ATA, ROW.format(0), '+CCWA: "900",129,1', "NO CARRIER", listing(ROW.format(0)), "NO CARRIER"],
        [Ringing(), CallUp(), KNOWN_BY_ROW, WaitingCall("900"), CallOver("NO CARRIER")],
    ),
    (
        "the waiting caller rings on when the call ends",
        [
            "RING",
            CLIP,
            ATA,
            "VOICE CALL: BEGIN",
            '+CCWA: "900",129,1',
            "VOICE CALL: END: 000352",
            "RING",
            "NO CARRIER",
            '+CLIP: "900",129',
            listing("+CLCC: 2,1,4,0,0"),
        ],
        [
            Ringing(),
            KNOWN,
            CallUp(),
            WaitingCall("900"),
            CallOver("VOICE CALL: END"),
            Ringing(),
            CallerKnown("900", Presentation.PRESENTED, '+CLIP: "900",129'),
        ],
    ),
    (
        "a ring in a call whose end was lost",
        ["RING", CLIP, ATA, "VOICE CALL: BEGIN", 30, "RING", listing('+CLCC: 1,1,4,0,0,"900",129')],
        [
            Ringing(),
            KNOWN,
            CallUp(),
            CallOver("CLCC lists another call"),
            Ringing(),
            CallerKnown("900", Presentation.PRESENTED, "900"),
        ],
    ),
    (
        "another caller in place of the first",
        ["RING", CLIP, 6, "RING", '+CLIP: "900",129'],
        [
            Ringing(),
            KNOWN,
            Ringing(),
            CallOver("another caller rings"),
            Ringing(),
            CallerKnown("900", Presentation.PRESENTED, '+CLIP: "900",129'),
        ],
    ),
    (
        "the same caller spelt otherwise",
        ["RING", CLIP, 6, "RING", '+CLIP: "89161234567",129'],
        [Ringing(), KNOWN, Ringing()],
    ),
    ("half a row", ["RING", "+CLCC: 1,1", listing(ROW.format(4))], [Ringing(), KNOWN_BY_ROW]),
]


def tell(story: Story, tracker: CallTracker | None = None) -> list[Fact]:
    tracker = tracker if tracker is not None else CallTracker()
    now = 100.0
    facts: list[Fact] = []
    for item in story:
        if isinstance(item, int | float):
            now += item
            continue
        facts += tracker.tick(now)
        if item == ATA:
            tracker.answer_sent(now)
        elif item == ATA_FAILED:
            tracker.answer_failed(now)
        elif item == CHUP:
            tracker.hung_up(now)
        elif item.startswith("<CLCC>"):
            rows = [parse_call_row(row) for row in item.removeprefix("<CLCC>").split("|") if row]
            assert tracker.next_poll(now) is not None, "nobody would have asked"
            facts += tracker.listed(rows, tracker.changes, now)
        else:
            facts += tracker.line(item, now)
    return facts


@pytest.mark.parametrize(("story", "facts"), [case[1:] for case in STORIES], ids=[case[0] for case in STORIES])
def test_a_story_is_told_as_facts(story: Story, facts: list[Fact]) -> None:
    assert tell(story) == facts


@pytest.mark.parametrize(
    ("phase", "lines", "seconds"),
    [
        (Phase.IDLE, [], None),
        (Phase.RINGING, ["RING"], 3.0),
        (Phase.ANSWERING, ["RING", ATA], 0.5),
        (Phase.UP, ["RING", ATA, "VOICE CALL: BEGIN"], 3.0),
        (Phase.UP, ["RING", ATA, "VOICE CALL: BEGIN", CHUP], 0.5),
        (Phase.IDLE, ["VOICE CALL: BEGIN"], 0.0),
    ],
)
def test_the_calls_are_listed_as_often_as_needed(phase: Phase, lines: list[str], seconds: float | None) -> None:
    tracker = CallTracker()
    tell(lines, tracker)
    assert tracker.phase is phase
    assert tracker.next_poll(100.0) == (None if seconds is None else pytest.approx(seconds))


def test_a_list_made_before_the_ring_does_not_end_the_call() -> None:
    tracker = CallTracker()
    asked = tracker.changes
    tracker.line("RING", 1.0)
    for _ in range(5):
        assert tracker.listed([], asked, 1.1) == []
    assert tracker.phase is Phase.RINGING


def test_a_list_made_before_the_end_does_not_bring_the_call_back() -> None:
    tracker = CallTracker()
    tell(["RING", ATA, "VOICE CALL: BEGIN"], tracker)
    asked = tracker.changes
    tracker.line("NO CARRIER", 101.0)
    assert tracker.listed([parse_call_row(ROW.format(0))], asked, 101.1) == []
    assert tracker.phase is Phase.IDLE


def test_an_answer_that_never_connects_goes_back_to_ringing_and_ends() -> None:
    tracker = CallTracker()
    assert tell(["RING", ATA, 20.5, "", 10.5, ""], tracker) == [Ringing(), CallOver("RING stopped")]


def test_a_refused_listing_is_not_repeated_at_once_while_idle() -> None:
    tracker = CallTracker()
    tracker.line("VOICE CALL: BEGIN", 1.0)
    tracker.poll_failed(1.1)
    assert tracker.next_poll(1.1) is None


def test_a_lost_port_ends_the_call_once() -> None:
    tracker = CallTracker()
    tell(["RING", ATA, "VOICE CALL: BEGIN"], tracker)
    assert tracker.lost("port lost", 5.0) == [CallOver("port lost")]
    assert tracker.lost("port lost", 5.0) == []


def test_every_phase_can_end() -> None:
    for phase in set(Phase) - {Phase.IDLE}:
        ends = [after for (before, _), (after, _) in TABLE.items() if before is phase and after is Phase.IDLE]
        assert ends, phase


LINES = sorted({item for _, story, _ in STORIES for item in story if isinstance(item, str)})


@given(st.lists(st.one_of(st.sampled_from(LINES), st.floats(0, 15)), max_size=60))
def test_in_any_order_a_call_is_up_once_and_over_once(story: list[str | float]) -> None:
    story = [item for item in story if not str(item).startswith("<CLCC>")]
    open_call = up = False
    for fact in tell(story):
        match fact:
            case CallUp():
                assert not up, "up twice"
                open_call = up = True
            case Ringing():
                assert not up, "rings while up"
                open_call = True
            case CallOver():
                assert open_call, "over without a call"
                open_call = up = False


@given(
    st.lists(
        st.one_of(
            st.text(max_size=80),
            st.builds(
                "{}{}".format,
                st.sampled_from(["RING", "+CLIP: ", "+CLCC: ", "VOICE CALL:", "MISSED_CALL:", "+CCWA: ", "+RXDTMF: "]),
                st.text(max_size=60),
            ),
        ),
        max_size=30,
    )
)
def test_nonsense_never_raises(lines: list[str]) -> None:
    tracker = CallTracker()
    for at, line in enumerate(lines):
        tracker.line(line, float(at))
        tracker.tick(float(at))
        assert len(tracker._unreported) <= 8
