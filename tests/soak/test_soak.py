"""The short form of `make soak`: three hundred calls with mishaps, and that its judge sees what is wrong."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from hw.at.protocol import AtProtocol, CommandInFlight, Urc
from hw.modem.calls import CallTracker
from hw.modem.events import WaitingCall
from hw.simulator.modem_state import Noted
from tests.fakes.modem_clock import run_virtual
from tests.fakes.virtual_modem import Offered, Outage, VirtualModem
from tests.soak.__main__ import report
from tests.soak.messages import SmsBook, plain
from tests.soak.noise import CHUNK, flood
from tests.soak.plan import ENGINES, INSTANT, STANDING, plan
from tests.soak.run import resources, soak
from tests.soak.tally import Resources, Tally

MEMORY = Path("/dev/shm")
"""Syncs are counted elsewhere; here they would only wait for a busy disk."""


def test_hundreds_of_calls_with_mishaps_are_answered_and_kept() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        tally = soak(Path(folder), 20261126, 200)
        assert tally.done == 200
        # It is gone on with, as after Ctrl-C: same seed, same data, the next calls.
        tally = soak(Path(folder), 1, 300)
    print("\n".join(report(tally, 0.0)))
    assert tally.verdict() == [], tally.troubles
    assert (tally.seed, tally.done) == (20261126, 300)
    assert tally.answered > 250
    assert min(tally.kills, tally.power_cuts, tally.taken_over, tally.messages, tally.waiting) > 0
    assert min(tally.sms[name] for name in ("came", "copies", "written", "notices", "flagged")) > 0
    assert tally.faults.keys() & set(ENGINES)
    assert {"hung", "hindered", "unplugged", "reset", "reboot"} <= set(tally.recoveries), "what is judged has happened"


def test_random_bytes_raise_nothing_nothing_grows_and_what_follows_is_understood() -> None:
    tally = flood(400_000, 7)
    assert tally.lines > tally.facts > 0, "crumbs of what a modem says mean something now and then"
    assert tally.held > 0
    assert tally.checks == pytest.approx(400_000 / CHUNK, rel=0.5)


@pytest.mark.parametrize(
    ("owner", "name", "broken", "wrong"),
    [
        (AtProtocol, "_keep", lambda self, part: self._buffer.__iadd__(part), "too much is kept"),
        (AtProtocol, "_place", lambda self, text, lines: lines.append(Urc("RING")), "pure noise|not understood"),
        (AtProtocol, "abandon", lambda self: None, "AT"),
        (CallTracker, "_second_call", lambda self, text, now: [WaitingCall(text)] * 9, "facts of"),
    ],
    ids=["endless lines are kept", "lines are made up", "nothing is given up", "facts without end"],
)
def test_the_flood_sees_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, broken: Callable[..., object], wrong: str
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises((AssertionError, CommandInFlight), match=wrong):
        flood(400_000, 7)


def test_a_call_is_planned_by_seed_and_number_alone() -> None:
    assert plan(7, 123) == plan(7, 123)
    assert plan(7, 123) != plan(8, 123)
    names = {mishap.name for number in range(3000) for mishap in plan(1, number).mishaps}
    assert names == {name for name, _ in STANDING} | set(INSTANT) | set(ENGINES)


def offered(number: str, **more: object) -> Offered:
    call = Offered(1, number, 0.0, rings=1, heard_rings=1, answered=1.0, by="caller", ended=9.0)
    for name, value in more.items():
        setattr(call, name, value)
    return call


@pytest.mark.parametrize(
    ("calls", "rows", "wrong"),
    [
        ([offered("+71")], ["+71"], []),
        ([offered("+71"), offered("+72")], ["+72", "+71"], []),
        ([offered("+71")], [None], []),
        ([offered("+71", heard_rings=0, answered=None)], [], []),
        ([offered("+71")], ["+71", "+71"], []),
        ([offered("+71")], [], ["calls lost: 1"]),
        ([offered("+71"), offered("+72")], [None], ["calls lost: 1"]),
        ([offered("+71")], ["+71", "+79"], ["rows of nobody: 1"]),
        ([offered("+71", waiting=True, answered=None)], [], ["calls lost: 1"]),
        ([offered("+71", answered=None, by="gave_up")], ["+71"], ["calls not answered by a box that could: 1"]),
        ([offered("+71", rings=3)], ["+71"], ["rings until the answer, p99: 3"]),
    ],
)
def test_the_judge_sees_what_is_wrong(calls: list[Offered], rows: list[str | None], wrong: list[str]) -> None:
    tally = Tally(1)
    for call in calls:
        tally.add_call(call, could_answer=True, patience=30.0)
    tally.compare(calls, rows)
    assert tally.verdict() == wrong


@pytest.mark.parametrize(("kind", "limit"), [("hung", 60), ("hindered", 60), ("unplugged", 15), ("power", 15)])
def test_every_way_back_has_its_limit(kind: str, limit: float) -> None:
    for seconds, wrong in ((limit, []), (limit + 1, [f"back after {kind}: {limit + 1:.1f} s, the limit is {limit}"])):
        tally = Tally(1)
        tally.add_outages([Outage(kind, 100.0, None, 100.0 + seconds)])
        assert tally.verdict() == wrong


def test_a_way_back_that_was_hindered_is_measured_from_the_last_hindrance() -> None:
    tally = Tally(1)
    tally.add_outages([Outage("hindered", 0.0, 10.0, 100.0, hindered=45.0), Outage("hindered", 0.0, 50.0, 111.0, 20.0)])
    assert tally.verdict() == ["back after hindered: 61.0 s, the limit is 60"]


def test_the_time_of_the_command_under_way_is_not_cut_short_by_what_hinders_as_well() -> None:
    async def story() -> float | None:
        modem = VirtualModem().start()
        modem.hang(60.0)
        await asyncio.sleep(20.0)
        modem.fault("sim_absent")
        modem.clear("sim_absent")
        modem.stop()
        return modem.outages[0].hindered

    assert run_virtual(story()) == pytest.approx(1060.0)


SMS_TABLES = (
    "CREATE TABLE sms (id, number, text, state, purpose, direction)",
    "CREATE TABLE sms_part (sms_id, text, state, doubtful, reference)",
    "CREATE TABLE sms_pdu (copies)",
    "CREATE TABLE message (id)",
)
TO, FROM = "+79161234567", "+79260000001"
CAME = f"INSERT INTO sms VALUES (1, '{FROM}', 'раз', 'received', '', 'in')"
OWED = f"INSERT INTO sms VALUES (2, '{TO}', 'два', 'sent', 'owner', 'out')"
PART = "INSERT INTO sms_part VALUES (2, '\"два\"', 'sent', {doubtful}, 7)"
UNDELIVERED = "INSERT INTO sms_part VALUES (2, '\"два\"', 'failed', 0, 7)"


@pytest.mark.parametrize(
    ("rows", "network", "wrong"),
    [
        ([CAME, OWED, PART.format(doubtful=0)], 1, []),
        ([OWED, PART.format(doubtful=0)], 1, ["SMS came lost: 1"]),
        ([CAME, CAME, OWED, PART.format(doubtful=0)], 1, ["SMS came doubled: 1"]),
        ([CAME], 0, ["SMS written lost: 1"]),
        ([CAME, OWED, PART.format(doubtful=0)], 0, ["SMS sent lost: 1"]),
        ([CAME, OWED, PART.format(doubtful=0)], 2, ["SMS sent doubled: 1"]),
        ([CAME, OWED, PART.format(doubtful=1)], 2, []),
        ([CAME, OWED, UNDELIVERED], 1, []),
        ([CAME, OWED, UNDELIVERED], 2, ["SMS sent doubled: 1"]),
        ([CAME, OWED, PART.format(doubtful=1)], 3, ["SMS sent doubled: 1"]),
        ([CAME, OWED, PART.format(doubtful=0), "INSERT INTO message VALUES (1)"], 1, ["SMS notices lost: 1"]),
    ],
)
def test_the_judge_counts_messages_by_the_networks_file(
    tmp_path: Path, rows: list[str], network: int, wrong: list[str]
) -> None:
    book = SmsBook(tmp_path)
    book.effect(Noted("sms_in", {"id": 1, "sender": FROM, "text": "раз", "parts": 1, "pdus": []}))
    book.asked(TO, "два")
    for _ in range(network):
        book.effect(Noted("sms_out", {"id": 2, "to": TO, "text": "два", "part": None, "reference": 1}))
    database = peewee.SqliteDatabase(":memory:")
    for row in (*SMS_TABLES, *rows):
        database.execute_sql(row)
    assert Tally(1, sms=plain(book.audit(database))).verdict() == wrong


def test_growth_is_told_with_its_limit_and_memory_is_judged_over_many_calls_only() -> None:
    tally = Tally(1, early=Resources(100 << 20, 20, 5), late=Resources(106 << 20, 21, 5), calls_between=100)
    assert tally.verdict() == []
    assert "memory: 100 MB, and 106 MB 100 calls later: not judged over so few calls" in report(tally, 0.0)
    assert "descriptors: 20, and 21 100 calls later: +5.0%, the limit is +5%" in report(tally, 0.0)
    tally.calls_between = 2000
    assert tally.verdict() == ["memory grew by 6.0%"]
    assert "WRONG: memory grew by 6.0%" in report(tally, 0.0)


def test_memory_that_is_free_again_is_not_counted() -> None:
    before = resources().memory
    blocks = [bytes(2000) for _ in range(30_000)]
    assert resources().memory - before > 50 << 20
    kept = blocks[::100]  # in between, so that the heap does not get shorter
    del blocks
    assert resources().memory - before < 20 << 20
    assert len(kept) == 300


def test_a_run_that_is_over_keeps_its_verdict(tmp_path: Path) -> None:
    tally = Tally(1, done=3, early=Resources(100, 20, 5), late=Resources(200, 20, 5), calls_between=5000)
    (tmp_path / "state.json").write_text(json.dumps(tally.dump()))
    assert soak(tmp_path, 1, 3).verdict() == ["memory grew by 100.0%"]


def test_the_judge_sees_slow_recoveries_and_growth() -> None:
    tally = Tally(1, stuck=1, messages_lost=2)
    tally.add_outages([Outage("unplugged", 0.0, 10.0, 26.0), Outage("hung", 0.0, 10.0, 59.0), Outage("x", 0.0)])
    tally.early, tally.late = Resources(1000, 10, 4), Resources(1051, 11, 4)
    tally.calls_between = 5000
    assert tally.verdict() == [
        "stuck states: 1",
        "messages lost: 2",
        "back after unplugged: 16.0 s, the limit is 15",
        "memory grew by 5.1%",
        "descriptors grew by 10.0%",
    ]
