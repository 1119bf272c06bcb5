"""The keeper on a scripted modem, in virtual time: start, calls, faults, loss and return."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hw.at.port import PortBusy
from hw.errors import CommandRefused, CommandTimeout, ModemError, PortLost
from hw.modem.beginning import UNKNOWN
from hw.modem.events import (
    CallerKnown,
    CallOver,
    CallUp,
    DigitPressed,
    DownReason,
    Fact,
    ModemDown,
    ModemInfo,
    ModemUp,
    NetworkChanged,
    Presentation,
    Recovered,
    Ringing,
    RungTaken,
    SignalChanged,
    SimChanged,
    SimState,
)
from hw.modem.find import NoPort, Ports
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.recovery import Fault, Rung
from hw.modem.sound import SoundOpened, SoundRefused
from hw.ports import BytePort
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

AT = Path("/dev/fake-at")
PCM = Path("/dev/fake-pcm")
INFO = ModemInfo("SIMCOM INCORPORATED", "SIMCOM_SIM7600G-H", "LE20B03SIM7600M22", "867584030000000")
CLIP = '+CLIP: "+79161234567",145,,,,0'
CALLER = CallerKnown("+79161234567", Presentation.PRESENTED, CLIP)

SETTINGS = (
    "AT+CATR=0",
    "AT+CVHU=0",
    "AT+CLIP=1",
    "AT+CRC=1",
    "AT+CLCC=1",
    "AT+CCWA=1",
    "AT+CREG=1",
    "AT+CEREG=1",
    "AT+CNSMOD=1",
    "AT+AUTOCSQ=1,1",
    "AT+CTZU=1",
    'AT+CSCS="IRA"',
    "AT+CMGF=0",
    'AT+CPMS="ME","ME","ME"',
    "AT+CNMI=2,1,0,2,0",
    "AT+DDET=1",
    "AT+CPCMFRM=0",
    "AT+CPCMBANDWIDTH=1,1",
    "AT+CPCMREG=0,1",
)


class Bench:
    """A keeper on a row of modems: each opening of the port takes the next one (or raises it)."""

    def __init__(self, *modems: FakeModem | Exception, primary: bool = False, **settings: Path) -> None:
        self._modems = list(modems)
        self._primary = primary
        self.facts: list[Fact] = []
        self.rungs: list[RungTaken] = []
        self.recovered: list[Recovered] = []
        self.opened: list[FakeModem] = []
        self._news = asyncio.Event()
        self.keeper = ModemKeeper(
            ModemSettings(**settings),  # type: ignore[arg-type]
            self._hear,
            find=self._find,
            open_port=self._open,
        )

    @property
    def modem(self) -> FakeModem:
        return self.opened[-1]

    def plug(self, modem: FakeModem) -> None:
        self._modems.append(modem)

    async def until(self, fact: type[object], count: int = 1) -> None:
        while sum(isinstance(heard, fact) for heard in self.facts) < count:
            self._news.clear()
            async with asyncio.timeout(600):
                await self._news.wait()

    def calls(self) -> list[Fact]:
        about = ModemUp | ModemDown | SimChanged | SignalChanged | NetworkChanged
        return [fact for fact in self.facts if not isinstance(fact, about)]

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, RungTaken):
            self.rungs.append(fact)
        elif isinstance(fact, Recovered):
            self.recovered.append(fact)
        else:
            self.facts.append(fact)
        self._news.set()

    def _find(self, at_port: str, pcm_port: str) -> Ports:
        if not self._modems:
            raise NoPort("at_port /dev/fake-at does not exist")
        if isinstance(self._modems[0], NoPort):
            raise self._modems.pop(0)  # type: ignore[misc]
        return Ports(AT, PCM, self._primary)

    async def _open(self, path: Path) -> BytePort:
        assert path == AT
        modem = self._modems.pop(0)
        if isinstance(modem, Exception):
            raise modem
        self.opened.append(modem)
        return modem


def with_keeper(story: Callable[[Bench], Awaitable[None]], *modems: FakeModem | Exception, **options: object) -> Bench:
    async def run() -> Bench:
        bench = Bench(*modems, **options)  # type: ignore[arg-type]
        keeping = asyncio.create_task(bench.keeper.run())
        try:
            await story(bench)
        finally:
            keeping.cancel()
            (end,) = await asyncio.gather(keeping, return_exceptions=True)
            assert isinstance(end, asyncio.CancelledError), end
            assert all(modem.closed for modem in bench.opened)
        return bench

    return run_virtual(run())


async def until_up(bench: Bench) -> None:
    await bench.until(ModemUp)


async def ring(bench: Bench) -> None:
    await until_up(bench)
    bench.modem.say(f"RING|{CLIP}")
    await bench.until(CallerKnown)


async def talk(bench: Bench) -> None:
    await ring(bench)
    bench.modem.replies["ATA"] = "OK|VOICE CALL: BEGIN"
    bench.modem.replies["AT+CLCC"] = '+CLCC: 1,1,0,0,0,"+79161234567",145|OK'
    await bench.keeper.answer()
    await bench.until(CallUp)


def test_a_start_goes_through_the_whole_sequence_and_tells_what_is() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        async with asyncio.timeout(60.0):
            while "AT+CPCMFRM=0" not in bench.modem.sent:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    bench = with_keeper(story, FakeModem())
    assert bench.facts == [
        SimChanged(SimState.READY),
        SignalChanged(-73),
        NetworkChanged(registered=True, denied=False, operator="", technology=""),
        NetworkChanged(registered=True, denied=False, operator="", technology="LTE"),
        NetworkChanged(registered=True, denied=False, operator="MTS RUS", technology="LTE"),
        ModemUp(INFO),
    ]
    sent = bench.modem.sent
    assert sent[:3] == ["AT", "ATE0", "AT+CMEE=2"]
    assert sent.index("AT+CLIP=1") < sent.index("AT+CLCC") < sent.index("AT+CGMI"), "calls come first"
    wanted = [
        "AT+CATR=0",
        "AT+CLIP=1",
        "AT+CPCMBANDWIDTH=1,1",
        "AT+CPCMREG=0,1",
        "AT+CCWA=1",
        "AT+DDET=1",
        "AT+CVHU=0",
        "AT+CRC=1",
        "AT+CLCC=1",
        "AT+CREG=1",
        "AT+CEREG=1",
        "AT+CNSMOD=1",
        "AT+AUTOCSQ=1,1",
        "AT+CTZU=1",
        'AT+CSCS="IRA"',
        "AT+CMGF=0",
        'AT+CPMS="ME","ME","ME"',
        "AT+CNMI=2,1,0,2,0",
        "AT+CPCMFRM=0",
    ]
    assert [command for command in sent if command in wanted] == wanted
    assert "AT+CHUP" not in sent


def test_urcs_are_sent_to_the_primary_port_only_when_it_is_ours() -> None:
    assert "AT+CATR=3" in with_keeper(until_up, FakeModem(), primary=True).modem.sent


def test_the_status_is_one_snapshot() -> None:
    async def story(bench: Bench) -> None:
        before = bench.keeper.status
        assert (before.up, before.down_reason, before.call) == (False, DownReason.STARTING, "idle")
        assert bench.keeper.pcm_path is None
        await ring(bench)
        status = bench.keeper.status
        assert (status.up, status.down_reason, status.info, status.sim) == (True, None, INFO, SimState.READY)
        assert (status.signal_dbm, status.bars, status.operator, status.technology) == (-73, 4, "MTS RUS", "LTE")
        assert (status.registered, status.denied, status.call) == (True, False, "ringing")
        assert (status.at_port, status.pcm_port) == (str(AT), str(PCM))
        assert bench.keeper.pcm_path == PCM

    with_keeper(story, FakeModem())


def test_a_call_is_answered_talked_and_hung_up() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        bench.modem.say("+RXDTMF: 7")
        bench.modem.replies["AT+CHUP"] = "VOICE CALL: END: 000012|OK|NO CARRIER"
        bench.modem.replies["AT+CLCC"] = "OK"
        await bench.keeper.hang_up()
        await asyncio.sleep(20)

    bench = with_keeper(story, FakeModem())
    assert bench.calls() == [Ringing(), CALLER, CallUp(), DigitPressed("7"), CallOver("VOICE CALL: END")]
    assert bench.modem.count("AT+CHUP") == 1


def test_nothing_is_answered_when_nothing_rings() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        with pytest.raises(ModemError, match="nothing rings"):
            await bench.keeper.answer()

    assert "ATA" not in with_keeper(story, FakeModem()).modem.sent


@pytest.mark.parametrize("method", ["answer", "hang_up", "open_sound", "close_sound"])
def test_without_a_modem_every_order_is_an_error(method: str) -> None:
    async def story(bench: Bench) -> None:
        await bench.until(ModemDown)
        with pytest.raises(ModemError, match="no_port"):
            await getattr(bench.keeper, method)()

    with_keeper(story)


def test_the_caller_was_quicker_than_the_answer() -> None:
    async def story(bench: Bench) -> None:
        await ring(bench)
        bench.modem.replies["ATA"] = "NO CARRIER"
        with pytest.raises(CommandRefused):
            await bench.keeper.answer()
        await asyncio.sleep(20)

    assert with_keeper(story, FakeModem()).calls() == [Ringing(), CALLER, CallOver("NO CARRIER")]


def test_an_answer_that_times_out_is_settled_by_the_list() -> None:
    """BEGIN never comes, and OK comes 17 s after ATA."""

    async def story(bench: Bench) -> None:
        await ring(bench)
        bench.modem.replies["ATA"] = None
        bench.modem.replies["AT+CLCC"] = "+CLCC: 1,1,0,0,0|OK"
        bench.modem.later(17, "OK")
        with pytest.raises(CommandTimeout):
            await bench.keeper.answer()
        await bench.until(CallUp)
        await asyncio.sleep(10)

    assert with_keeper(story, FakeModem()).calls() == [Ringing(), CALLER, CallUp()]


def test_a_call_that_ends_in_silence_is_found_out() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        bench.modem.replies["AT+CLCC"] = "OK"
        began = asyncio.get_running_loop().time()
        await bench.until(CallOver)
        assert asyncio.get_running_loop().time() - began < 4.0

    assert with_keeper(story, FakeModem()).calls()[-1] == CallOver("CLCC empty")


def test_ringing_that_stops_is_found_out_even_when_the_list_is_refused() -> None:
    async def story(bench: Bench) -> None:
        await ring(bench)
        bench.modem.replies["AT+CLCC"] = "ERROR"
        began = asyncio.get_running_loop().time()
        await bench.until(CallOver)
        assert 9.5 < asyncio.get_running_loop().time() - began < 15.0

    assert with_keeper(story, FakeModem()).calls()[-1] == CallOver("RING stopped")


@pytest.mark.parametrize("row", ["1,0,0,0,0", "1,0,2,0,0", "1,1,1,0,0", "1,1,0,1,0"])
def test_calls_of_ours_left_over_from_before_are_hung_up(row: str) -> None:
    """Dialled by us, held, or no voice call: nobody here can talk it."""
    rows: Reply = [f"+CLCC: {row}|OK", "OK"]
    bench = with_keeper(until_up, FakeModem({"AT+CLCC": rows, "AT+CHUP": "VOICE CALL: END: 000012|OK|NO CARRIER"}))
    assert bench.modem.count("AT+CHUP") == 1
    assert bench.calls() == []


def test_a_caller_left_over_from_before_is_taken_over() -> None:
    async def story(bench: Bench) -> None:
        await bench.until(CallUp)
        assert (await bench.keeper.open_sound()).tries == 1

    rows = '+CLCC: 1,1,0,0,0,"+79161234567",145|OK'
    bench = with_keeper(story, FakeModem({"AT+CLCC": rows, "AT+CPCMREG?": "+CPCMREG: 1|OK"}))
    assert bench.calls()[0] == CallUp(found=True)
    assert bench.calls()[1].number == "+79161234567"  # type: ignore[union-attr]
    assert bench.modem.count("AT+CHUP") == 0


def test_a_call_that_rings_during_the_start_is_told_as_soon_as_it_can_be_answered() -> None:
    async def story(bench: Bench) -> None:
        await bench.until(CallerKnown)

    modem = FakeModem({"AT+CLIP=1": f"OK|RING|{CLIP}", "AT+CLCC": '+CLCC: 1,1,4,0,0,"+79161234567",145|OK'})
    bench = with_keeper(story, modem)
    assert bench.facts[-3:] == [ModemUp(UNKNOWN), Ringing(), CALLER]
    assert "AT+CGMI" not in bench.modem.sent, "who the modem is can be asked after the call"
    assert "AT+CHUP" not in bench.modem.sent


def test_a_call_that_already_rang_before_the_start_is_taken_over_by_the_list() -> None:
    async def story(bench: Bench) -> None:
        await bench.until(Ringing)

    with_keeper(story, FakeModem({"AT+CLCC": '+CLCC: 1,1,4,0,0,"+79161234567",145|OK'}))


SOUND = [
    ("at once", "OK", "+CPCMREG: 1|OK", 1, 1, 0),
    ("refused three times", ["ERROR", "ERROR", "ERROR", "OK"], "+CPCMREG: 1|OK", 4, 4, 1),
    ("hangs once", [None, "OK"], "+CPCMREG: 1|OK", 2, 2, 1),
    ("read back late", "OK", ["+CPCMREG: 0|OK"] * 8 + ["+CPCMREG: 1|OK"], 1, 1, 0),
    ("cannot be read back", "OK", "ERROR", 1, 1, 0),
]


@pytest.mark.parametrize(
    ("on", "back", "tries", "sent", "freed"), [row[1:] for row in SOUND], ids=[row[0] for row in SOUND]
)
def test_the_sound_opens(on: Reply, back: Reply, tries: int, sent: int, freed: int) -> None:
    opened: list[SoundOpened] = []

    async def story(bench: Bench) -> None:
        await talk(bench)
        bench.modem.sent.clear()
        bench.modem.replies |= {"AT+CPCMREG=1": on, "AT+CPCMREG?": back}
        opened.append(await bench.keeper.open_sound())

    bench = with_keeper(story, FakeModem())
    assert opened[0].tries == tries
    assert 0.9 <= opened[0].seconds < 12.0
    assert bench.modem.count("AT+CPCMREG=1") == sent
    assert bench.modem.count("AT+CPCMREG=0,1") == freed


@pytest.mark.parametrize(
    ("on", "back", "freed"), [("ERROR", "+CPCMREG: 0|OK", 1), ("OK", "+CPCMREG: 0|OK", 0)], ids=["refused", "never on"]
)
def test_sound_that_never_opens_is_given_up_after_12_seconds(on: Reply, back: Reply, freed: int) -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        bench.modem.sent.clear()
        bench.modem.replies |= {"AT+CPCMREG=1": on, "AT+CPCMREG?": back}
        began = asyncio.get_running_loop().time()
        with pytest.raises(SoundRefused):
            await bench.keeper.open_sound()
        assert 11.5 < asyncio.get_running_loop().time() - began < 14.0
        await bench.keeper.close_sound()

    bench = with_keeper(story, FakeModem())
    assert bench.modem.count("AT+CPCMREG=0,1") == freed + 1


def test_sound_is_not_asked_for_outside_a_call() -> None:
    async def story(bench: Bench) -> None:
        await ring(bench)
        with pytest.raises(ModemError, match="no call is up"):
            await bench.keeper.open_sound()

    assert "AT+CPCMREG=1" not in with_keeper(story, FakeModem()).modem.sent


def test_opening_the_sound_stops_when_the_call_ends() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        bench.modem.replies["AT+CPCMREG=1"] = "ERROR"
        bench.modem.later(2, "NO CARRIER")
        with pytest.raises(ModemError, match="no call is up"):
            await bench.keeper.open_sound()

    with_keeper(story, FakeModem())


def test_a_port_lost_in_a_call_ends_the_call_first_and_the_modem_comes_back() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        await asyncio.sleep(60)
        bench.modem.unplug()
        await bench.until(ModemUp, 2)
        counters = bench.keeper.status.counters
        assert counters.reconnects == 1
        assert counters.last_recovery.startswith("port_lost: ")

    bench = with_keeper(story, FakeModem(), *[NoPort("gone")] * 5, FakeModem())
    story_of_loss = [fact for fact in bench.facts if isinstance(fact, CallOver | ModemDown | ModemUp)]
    assert story_of_loss[1:] == [
        CallOver("port lost"),
        ModemDown(DownReason.PORT_LOST, "reading failed: [Errno 5] Input/output error"),
        ModemDown(DownReason.NO_PORT, "gone"),
        ModemUp(INFO),
    ]
    assert bench.modem.count("AT+CHUP") == 0
    (recovered,) = bench.recovered
    assert (recovered.fault, recovered.rung, recovered.tries) == (Fault.PORT_LOST, Rung.REOPEN, len(bench.rungs))


def test_waiting_grows_from_2_to_60_seconds_and_the_same_reason_is_told_once() -> None:
    async def story(bench: Bench) -> None:
        await asyncio.sleep(400)

    bench = with_keeper(story)
    assert [round(rung.wait) for rung in bench.rungs][:11] == [2, 3, 4, 7, 10, 15, 23, 34, 51, 60, 60]
    assert {rung.rung for rung in bench.rungs} == {Rung.REOPEN}
    assert bench.facts == [ModemDown(DownReason.NO_PORT, "at_port /dev/fake-at does not exist")]


def test_waiting_begins_anew_after_the_modem_was_up() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        await asyncio.sleep(30)
        bench.modem.unplug()
        await bench.until(ModemDown)
        await asyncio.sleep(100)

    gone = [NoPort(str(number)) for number in range(12)]
    bench = with_keeper(story, *gone, FakeModem())
    waits = [round(rung.wait) for rung in bench.rungs]
    (up,) = (number for number in range(1, len(waits)) if waits[number] < waits[number - 1])
    assert waits[:up] == [2, 3, 4, 7, 10][:up]
    assert waits[up : up + 4] == [2, 3, 4, 7]


def test_a_modem_plugged_in_again_is_opened_within_two_seconds_however_long_it_was_away() -> None:
    async def story(bench: Bench) -> None:
        await asyncio.sleep(3600)
        back = asyncio.get_running_loop().time()
        bench.plug(FakeModem())
        await bench.until(ModemUp)
        assert asyncio.get_running_loop().time() - back < 6.0

    with_keeper(story)


def test_a_restart_of_the_modem_starts_it_again_at_once() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        await asyncio.sleep(60)
        began = asyncio.get_running_loop().time()
        bench.modem.say("RDY")
        await bench.until(ModemUp, 2)
        assert asyncio.get_running_loop().time() - began < 5.0

    bench = with_keeper(story, FakeModem(), FakeModem())
    assert [fact for fact in bench.facts if isinstance(fact, CallOver | ModemDown)] == [
        CallOver("modem restarted"),
        ModemDown(DownReason.STARTING, "the modem restarted (RDY)"),
    ]
    assert bench.modem.sent[:3] == ["AT", "ATE0", "AT+CMEE=2"]


def test_an_echo_that_is_on_again_betrays_a_restart_whose_rdy_was_lost() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.echo = True
        await bench.until(ModemUp, 2)

    bench = with_keeper(story, FakeModem(), FakeModem())
    assert ModemDown(DownReason.STARTING, "the modem restarted (its echo is on again)") in bench.facts


def test_a_modem_that_restarts_for_ever_is_not_started_without_pause() -> None:
    async def story(bench: Bench) -> None:
        await asyncio.sleep(60)

    bench = with_keeper(story, *(FakeModem({"ATE0": "RDY"}) for _ in range(50)))
    assert len(bench.opened) < 10


WHY = [
    (PortBusy("cannot open /dev/fake-at: Could not exclusively lock port"), DownReason.PORT_BUSY),
    (PortLost("cannot open /dev/fake-at: Permission denied"), DownReason.PORT_LOST),
    (NoPort("at_port /dev/fake-at does not exist"), DownReason.NO_PORT),
]


@pytest.mark.parametrize(("error", "reason"), WHY)
def test_the_reason_for_no_modem_is_told(error: Exception, reason: DownReason) -> None:
    async def story(bench: Bench) -> None:
        await bench.until(ModemDown)
        status = bench.keeper.status
        assert (status.up, status.down_reason, status.detail) == (False, reason, str(error))

    assert with_keeper(story, error).facts[0] == ModemDown(reason, str(error))


class Talker(FakeModem):
    """Not a modem: NMEA sentences whatever is said to it."""

    async def write(self, data: bytes) -> None:
        self.raw(b"$GPGSV,3,1,11,03,03,111,00*74\r\n")


class Mute(FakeModem):
    async def write(self, data: bytes) -> None:
        return


@pytest.mark.parametrize(
    ("modem", "reason"),
    [
        (Mute(), DownReason.SILENT),
        (Talker(), DownReason.NOT_A_MODEM),
        (FakeModem({"AT+CLIP=1": "+CME ERROR: operation not allowed"}), DownReason.INIT_REFUSED),
        (FakeModem({"ATE0": "ERROR"}), DownReason.INIT_REFUSED),
    ],
    ids=["mute", "talks nonsense", "no CLIP", "no ATE0"],
)
def test_what_is_no_usable_modem_is_told(modem: FakeModem, reason: DownReason) -> None:
    async def story(bench: Bench) -> None:
        await bench.until(ModemDown)

    assert [fact.reason for fact in with_keeper(story, modem).facts if isinstance(fact, ModemDown)] == [reason]


def test_everything_else_may_be_refused() -> None:
    asked = ["AT+CGMM", "AT+CGSN", "AT+CLCC", "AT+COPS?", "AT+CNSMOD?", "AT+CREG?", "AT+CSQ", "AT+CPIN?"]
    tolerant: dict[str, Reply] = dict.fromkeys([*SETTINGS, *asked], "ERROR")
    del tolerant["AT+CLIP=1"]
    bench = with_keeper(until_up, FakeModem(tolerant))
    assert bench.facts[-1] == ModemUp(ModemInfo("SIMCOM INCORPORATED", "", "LE20B03SIM7600M22", ""))


def test_a_modem_that_begins_to_refuse_is_mended_and_one_that_always_did_is_let_be() -> None:
    def story(after: Reply) -> Callable[[Bench], Awaitable[None]]:
        async def run(bench: Bench) -> None:
            await until_up(bench)
            await asyncio.sleep(60)
            bench.modem.replies["AT+CSQ"] = after
            await asyncio.sleep(100)

        return run

    mended = with_keeper(story("ERROR"), FakeModem(), FakeModem())
    assert [rung.rung for rung in mended.rungs][:4] == [Rung.RE_READ, Rung.RE_READ, Rung.RADIO, Rung.RESET]
    assert {"AT+CFUN=4", "AT+CFUN=1", "AT+CRESET"} <= set(mended.opened[0].sent)
    assert with_keeper(story("ERROR"), FakeModem({"AT+CSQ": "ERROR"})).rungs == []


def test_half_a_line_left_in_the_modem_does_not_stop_the_start() -> None:
    with_keeper(until_up, FakeModem({"AT": ["ERROR", "OK"]}))


def test_a_slow_module_still_starts_and_takes_a_call() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        assert bench.keeper.status.counters.timeouts == 0

    with_keeper(story, FakeModem(delay=3.8))


def test_a_garbled_line_is_survived() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.raw(b"\x00\xff+CREG: \xfe\r\n+CSQ: ,\r\nRI\r\n" + b"z" * 5000 + b"\r\n+CLCC: 1\r\n")
        await ring(bench)
        assert bench.keeper.status.up

    assert with_keeper(story, FakeModem()).calls() == [Ringing(), CALLER]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("+CME ERROR: SIM not inserted", SimState.ABSENT),
        ("+CME ERROR: 10", SimState.ABSENT),
        ("+CME ERROR: SIM failure", SimState.FAILED),
        ("+CPIN: SIM PUK|OK", SimState.PUK_REQUIRED),
        ("+CPIN: SIM PIN|OK", SimState.PIN_REQUIRED),
        ("+CME ERROR: SIM busy", SimState.BUSY),
    ],
)
def test_without_a_usable_sim_the_modem_is_up_and_says_why(word: str, state: SimState) -> None:
    bench = with_keeper(until_up, FakeModem({"AT+CPIN?": word, "AT+CLIP=1": "+CME ERROR: SIM not inserted"}))
    assert bench.facts[0] == SimChanged(state)


def test_a_sim_that_is_busy_at_first_is_waited_for() -> None:
    bench = with_keeper(until_up, FakeModem({"AT+CPIN?": ["+CME ERROR: SIM busy"] * 3 + ["+CPIN: READY|OK"]}))
    assert bench.facts[0] == SimChanged(SimState.READY)


@pytest.mark.parametrize("told", ["+CPIN: READY", ""], ids=["told", "only found by asking"])
def test_a_sim_that_comes_later_gets_its_settings(told: str) -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.replies |= {"AT+CPIN?": "+CPIN: READY|OK", "AT+CLIP=1": "OK"}
        bench.modem.sent.clear()
        if told:
            bench.modem.say(told)
        await asyncio.sleep(20)
        assert bench.keeper.status.sim is SimState.READY
        assert bench.modem.count("AT+CLIP=1") == 1

    absent = "+CME ERROR: SIM not inserted"
    with_keeper(story, FakeModem({"AT+CPIN?": absent, "AT+CLIP=1": absent}))


def test_a_sim_pulled_out_is_told() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.replies["AT+CPIN?"] = "+CME ERROR: SIM not inserted"
        bench.modem.say("+CPIN: SIM REMOVED")
        await asyncio.sleep(1)
        assert bench.keeper.status.sim is SimState.ABSENT

    assert with_keeper(story, FakeModem()).facts[-1] == SimChanged(SimState.ABSENT)


def test_the_network_is_told_as_it_changes() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.facts.clear()
        bench.modem.say("+CSQ: 99,99|+CNSMOD: 4|+CREG: 2|+CEREG: 3")
        await asyncio.sleep(1)
        assert bench.facts == [
            SignalChanged(None),
            NetworkChanged(registered=True, denied=False, operator="MTS RUS", technology="WCDMA"),
            NetworkChanged(registered=False, denied=True, operator="", technology=""),
        ]
        assert bench.keeper.status.bars == 0

    with_keeper(story, FakeModem())


def test_registration_with_either_network_counts() -> None:
    bench = with_keeper(until_up, FakeModem({"AT+CREG?": "+CREG: 1,3|OK", "AT+CEREG?": "+CEREG: 1,1|OK"}))
    assert [fact.registered for fact in bench.facts if isinstance(fact, NetworkChanged)][-1]


def test_an_idle_modem_is_asked_now_and_then_and_proves_its_life() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.sent.clear()
        await asyncio.sleep(125)
        assert asyncio.get_running_loop().time() - bench.keeper.alive_at < 16
        assert bench.modem.count("AT+CSQ") == 15
        assert bench.modem.count("AT+COPS?") == 3
        assert bench.modem.count("AT+CLCC") == 0

    with_keeper(story, FakeModem())


def test_a_modem_that_hangs_while_idle_is_found_out_and_started_again() -> None:
    async def story(bench: Bench) -> None:
        await until_up(bench)
        bench.modem.replies = dict.fromkeys([*bench.modem.replies, "AT"], None)
        await bench.until(ModemUp, 2)

    bench = with_keeper(story, FakeModem(), FakeModem())
    assert [fact.reason for fact in bench.facts if isinstance(fact, ModemDown)] == [DownReason.SILENT]


def test_in_a_call_only_the_calls_are_asked_for() -> None:
    async def story(bench: Bench) -> None:
        await talk(bench)
        await asyncio.sleep(1)
        sent = bench.modem.sent
        assert {"AT+CCWA=1", "AT+DDET=1"} <= set(sent), "a second caller and keys are told of in the very first call"
        assert "AT+CPCMFRM=0" not in sent, "the rest comes after it"
        sent.clear()
        await asyncio.sleep(60)
        assert set(bench.modem.sent) == {"AT+CLCC"}
        assert 18 <= len(bench.modem.sent) <= 20
        assert asyncio.get_running_loop().time() - bench.keeper.alive_at < 4

    with_keeper(story, FakeModem())
