"""A call that we make, as the modem's lines tell of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.commands import parse_call_row
from hw.at.dial import DialPolicy, DialRules, DialUsage, Permit
from hw.errors import CommandRefused, ModemError
from hw.modem.call_table import Phase
from hw.modem.calls import CallTracker
from hw.modem.events import CallAlerting, CallerKnown, CallOver, CallUp, Fact, ModemUp, Presentation, Ringing
from hw.modem.find import Ports
from hw.modem.keeper import ModemKeeper, ModemSettings
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

NUMBER = "+79161234567"
ROW = f'+CLCC: 1,0,{{}},0,0,"{NUMBER}",145'
ATD, ATD_REFUSED, ATD_SILENT, CHUP = "<ATD>", "<ATD refused>", "<ATD silent>", "<CHUP>"

Story = Sequence[str | float]


def listing(*rows: str) -> str:
    return "<CLCC>" + "|".join(rows)


STORIES: list[tuple[str, Story, list[Fact]]] = [
    ("rings at the far end and is answered", [ATD, ROW.format(2), 3, ROW.format(3), 8, "VOICE CALL: BEGIN"],
     [CallAlerting(), CallUp()]),
    ("the row tells the answer, BEGIN comes after", [ATD, ROW.format(3), ROW.format(0), "VOICE CALL: BEGIN"],
     [CallAlerting(), CallUp()]),
    ("no rows at all", [ATD, 9, "VOICE CALL: BEGIN", "VOICE CALL: END: 000004", "NO CARRIER"],
     [CallUp(), CallOver("VOICE CALL: END")]),
    ("no word at all, the list tells", [ATD, 3, listing(ROW.format(2)), 3, listing(ROW.format(3)), 3,
     listing(ROW.format(3)), 3, listing(ROW.format(0))], [CallAlerting(), CallUp()]),
    ("busy", [ATD, ROW.format(2), 4, "BUSY"], [CallOver("BUSY")]),
    ("no way through", [ATD, 2.5, "NO CARRIER", "NO CARRIER"], [CallOver("NO CARRIER")]),
    ("no answer", [ATD, ROW.format(3), 50, "NO ANSWER"], [CallAlerting(), CallOver("NO ANSWER")]),
    ("state 6 is the end", [ATD, ROW.format(3), ROW.format(6)], [CallAlerting(), CallOver("CLCC state 6")]),
    ("given up by us", [ATD, ROW.format(3), CHUP, listing(), listing()], [CallAlerting(), CallOver("CLCC empty")]),
    ("refused: nothing was begun, nothing is told", [ATD, ATD_REFUSED, "NO CARRIER"], []),
    ("no answer to ATD, and no call", [ATD, ATD_SILENT, listing(), listing()], [CallOver("CLCC empty")]),
    ("no answer to ATD, but a call", [ATD, ATD_SILENT, listing(ROW.format(3)), "VOICE CALL: BEGIN"],
     [CallAlerting(), CallUp()]),
    ("the second half of the end of the call before",
     [ATD, "VOICE CALL: BEGIN", "VOICE CALL: END: 000002", 0.5, ATD, "NO CARRIER", listing(ROW.format(3))],
     [CallUp(), CallOver("VOICE CALL: END"), CallAlerting()]),
    ("nothing ever", [ATD, 149, "", 2, ""], [CallOver("NO ANSWER")]),
    ("a caller instead of ours", [ATD, "RING", listing('+CLCC: 1,1,4,0,0,"900",129')],
     [CallOver("CLCC lists another call"), Ringing(), CallerKnown("900", Presentation.PRESENTED, "900")]),
    ("the next call rings as ever", [ATD, "BUSY", 5, "RING"], [CallOver("BUSY"), Ringing()]),
    ("the number is nobody's caller ID", [ATD, f'+CLIP: "{NUMBER}",145,,,,0', ROW.format(3), ROW.format(0)],
     [CallAlerting(), CallUp()]),
]  # fmt: skip


def tell(story: Story, tracker: CallTracker | None = None) -> list[Fact]:
    tracker = tracker or CallTracker()
    now, facts = 100.0, list[Fact]()
    for item in story:
        if isinstance(item, int | float):
            now += item
            continue
        facts += tracker.tick(now)
        match item:
            case "<ATD>":
                if tracker.phase is Phase.IDLE:
                    tracker.dial_sent(now)
            case "<ATD refused>" | "<ATD silent>":
                tracker.dial_failed(now, refused=item == ATD_REFUSED)
            case "<CHUP>":
                tracker.hung_up(now)
            case _ if item.startswith("<CLCC>"):
                rows = [parse_call_row(row) for row in item.removeprefix("<CLCC>").split("|") if row]
                facts += tracker.listed(rows, tracker.changes, now)
            case _:
                facts += tracker.line(item, now)
    return facts


@pytest.mark.parametrize(("story", "facts"), [case[1:] for case in STORIES], ids=[case[0] for case in STORIES])
def test_a_story_is_told_as_facts(story: Story, facts: list[Fact]) -> None:
    assert tell(story) == facts


LINES = sorted({item for _, story, _ in STORIES for item in story if isinstance(item, str)})


@given(st.lists(st.one_of(st.sampled_from(LINES), st.floats(0, 20)), max_size=60))
def test_in_any_order_a_call_is_up_once_and_over_once(story: list[str | float]) -> None:
    up = False
    for fact in tell(story):
        match fact:
            case CallUp():
                assert not up
                up = True
            case CallOver():
                up = False
            case CallAlerting():
                assert not up


# --- the driver -------------------------------------------------------------------------------------------------------


def permit() -> Permit:
    return DialPolicy(DialRules(enabled=True)).permit(NUMBER, DialUsage())


def with_keeper(
    story: Callable[[ModemKeeper, FakeModem, list[Fact]], Awaitable[None]], replies: dict[str, Reply] | None = None
) -> FakeModem:
    modem = FakeModem(replies)

    async def open_port(_: Path) -> FakeModem:
        return modem

    async def run() -> None:
        facts: list[Fact] = []
        paths = Ports(Path("/dev/at"), None, False)
        ready = asyncio.Event()

        def hear(fact: Fact) -> None:
            facts.append(fact)
            if isinstance(fact, ModemUp):
                ready.set()

        keeper = ModemKeeper(ModemSettings(), hear, find=lambda *_: paths, open_port=open_port)
        keeping = asyncio.create_task(keeper.run())
        async with asyncio.timeout(60):
            await ready.wait()
        facts.clear()
        try:
            await story(keeper, modem, facts)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    run_virtual(run())
    return modem


def test_a_permit_is_dialled_and_its_call_told() -> None:
    async def story(keeper: ModemKeeper, modem: FakeModem, facts: list[Fact]) -> None:
        await keeper.dial(permit())
        assert keeper.status.call == "dialling"
        modem.say(ROW.format(3))
        modem.later(4.0, "VOICE CALL: BEGIN")
        await asyncio.sleep(5)
        assert facts == [CallAlerting(), CallUp()]
        with pytest.raises(ModemError, match="busy"):
            await keeper.dial(permit())

    modem = with_keeper(story, {"AT+CLCC": ["OK", ROW.format(3) + "|OK"]})
    assert modem.sent.count(f"ATD{NUMBER};") == 1


@pytest.mark.parametrize("reply", ["ERROR", "NO CARRIER", "+CME ERROR: no network service", "BUSY"])
def test_a_refused_number_leaves_the_line_idle(reply: str) -> None:
    async def story(keeper: ModemKeeper, modem: FakeModem, facts: list[Fact]) -> None:
        with pytest.raises(CommandRefused):
            await keeper.dial(permit())
        assert keeper.status.call == "idle"
        await asyncio.sleep(10)
        assert facts == []
        modem.say("RING")
        await asyncio.sleep(1)
        assert facts == [Ringing()]

    with_keeper(story, {f"ATD{NUMBER};": reply})


def test_nothing_is_dialled_without_a_network_or_over_a_ringing_call() -> None:
    async def story(keeper: ModemKeeper, modem: FakeModem, facts: list[Fact]) -> None:
        with pytest.raises(ModemError, match="not registered"):
            await keeper.dial(permit())
        modem.say("+CREG: 1")
        modem.say("RING")
        await asyncio.sleep(0.1)
        with pytest.raises(ModemError, match="busy"):
            await keeper.dial(permit())

    modem = with_keeper(story, {"AT+CREG?": "+CREG: 1,2|OK", "AT+CEREG?": "+CEREG: 1,2|OK"})
    assert not any(command.startswith("ATD") for command in modem.sent)


def test_an_atd_that_is_never_answered_ends_by_the_list() -> None:
    async def story(keeper: ModemKeeper, modem: FakeModem, facts: list[Fact]) -> None:
        with pytest.raises(ModemError):
            await keeper.dial(permit())
        await asyncio.sleep(20)
        assert facts == [CallOver("CLCC empty")]

    with_keeper(story, {f"ATD{NUMBER};": None})


def test_a_call_that_comes_right_after_one_that_we_ended_is_not_taken_for_it() -> None:
    async def story(keeper: ModemKeeper, modem: FakeModem, facts: list[Fact]) -> None:
        await keeper.dial(permit())
        modem.say("VOICE CALL: BEGIN")
        await asyncio.sleep(1)
        modem.delay = 1.5  # the modem is slow, so that nobody looks at the calls in between
        hanging_up = asyncio.create_task(keeper.hang_up())
        await asyncio.sleep(1.6)
        modem.say("VOICE CALL: END: 000004|NO CARRIER")
        await asyncio.sleep(0.1)
        modem.say("RING")
        await hanging_up
        modem.delay = 0.01
        for _ in range(12):
            await asyncio.sleep(5)
            modem.say("RING")
        assert modem.count("AT+CHUP") == 1, "the second call was hung up in the first one's place"
        assert CallOver("CLCC empty") not in facts

    with_keeper(story, {"AT+CLCC": ["OK", ROW.format(0) + "|OK", '+CLCC: 1,1,4,0,0,"900",129|OK']})
