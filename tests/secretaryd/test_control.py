"""The control socket on a real Unix socket: requests, refusals, events with resume."""

import asyncio
import importlib
import os
import pkgutil
import socket
import stat
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import secretaryd.desk
from secretaryd.bus import Bus
from secretaryd.control.client import AsyncControlClient, ControlClient, NotRunning, RequestRefused
from secretaryd.control.protocol import (
    Dropped,
    HangUp,
    LevelsMeasured,
    LineChanged,
    ListCalls,
    Malformed,
    Problem,
    Right,
    ShowCall,
    Status,
    decode_envelope,
)
from secretaryd.control.protocol.chat import FollowChat
from secretaryd.control.protocol.stream import ChatDelta
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer, Refused, Rights
from secretaryd.control.server import ControlApp, DeskError, serve


async def desk(request, peer):
    if isinstance(request, ShowCall):
        raise DeskError(Problem(code="not_found", text="no such call", remedy="secretaryctl calls list"), 404)
    return {"asked": type(request).__name__, "uid": peer.uid}


@asynccontextmanager
async def running(tmp_path: Path, bus: Bus, rights: Rights):
    path = tmp_path / "control.sock"
    ready, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(ControlApp(desk, bus, rights).app(), path, ready.set, stop))
    await asyncio.wait_for(ready.wait(), 5)
    client = AsyncControlClient(path)
    try:
        yield client, path
    finally:
        await client.close()
        stop.set()
        await asyncio.wait_for(task, 5)
        assert not path.exists()


ME = Rights(admins=frozenset({os.getuid()}))


async def test_the_desk_gets_the_request_and_the_kernels_word_of_the_peer(tmp_path: Path) -> None:
    async with running(tmp_path, Bus(), ME) as (client, path):
        assert await client.ask(ListCalls(limit=3)) == {"asked": "ListCalls", "uid": os.getuid()}
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


async def test_what_cannot_be_done_comes_back_as_a_problem_with_a_remedy(tmp_path: Path) -> None:
    async with running(tmp_path, Bus(), ME) as (client, _):
        with pytest.raises(RequestRefused) as caught:
            await client.ask(ShowCall(id=7))
    assert caught.value.status == 404
    assert caught.value.problem.remedy == "secretaryctl calls list"


async def test_a_stranger_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, Bus(), Rights(admins=frozenset({4_000_000}))) as (client, _):
        with pytest.raises(RequestRefused, match="may not"):
            await client.ask(Status())
        with pytest.raises(RequestRefused, match="may not"):
            async with client.events():
                pass


async def test_nobody_there_is_told_apart(tmp_path: Path) -> None:
    client = AsyncControlClient(tmp_path / "none.sock")
    with pytest.raises(NotRunning):
        await client.ask(Status())
    await client.close()


async def test_events_arrive_and_resume_after_an_id(tmp_path: Path) -> None:
    bus = Bus()
    for n in range(3):
        bus.publish(LineChanged(state=str(n)))
    async with running(tmp_path, bus, ME) as (client, _), client.events(after=1) as events:
        got = [await anext(events), await anext(events)]
        bus.publish(LineChanged(state="new"))
        got.append(await asyncio.wait_for(anext(events), 5))
    assert [s.id for s in got] == [2, 3, 4]
    assert got[2].event == LineChanged(state="new")


async def test_levels_are_told_to_who_asks_for_them(tmp_path: Path) -> None:
    bus = Bus()
    levels = LevelsMeasured(call=1, heard=-23.0, said=-100.0)
    async with running(tmp_path, bus, ME) as (client, _), client.events() as deaf:
        assert not bus.levels_wanted
        async with client.events(levels=True) as events:
            bus.pass_by(levels)
            got = [await asyncio.wait_for(anext(events), 5)]
            bus.publish(LineChanged(state="new"))
            got.append(await asyncio.wait_for(anext(events), 5))
        assert (await asyncio.wait_for(anext(deaf), 5)).event == LineChanged(state="new")
    assert [(s.id, s.event) for s in got] == [(0, levels), (1, LineChanged(state="new"))]


async def test_a_reader_that_does_not_read_costs_the_core_nothing(tmp_path: Path) -> None:
    bus = Bus()
    async with running(tmp_path, bus, ME) as (client, path):
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1024)
        writer.write(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(20_000):
            bus.publish(LineChanged(state="x" * 200))
        assert (await asyncio.wait_for(client.ask(Status()), 5))["asked"] == "Status"
        (stuck,) = bus._readers
        assert len(stuck._events) <= 256
        writer.close()


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b'{"request": {"type": "nothing"}}',
    b'{"request": {"type": "calls.show"}}',
    b'{"request": {"type": "calls.show", "id": "1; DROP TABLE call"}}',
    b'{"request": {"type": "status"}, "version": 2}',
    b"[" * 100_000,
    b"\xff\xfe",
    b"x" * ((1 << 20) + 1),
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda b: repr(b[:30]))
async def test_a_malformed_request_is_a_client_error(tmp_path: Path, body: bytes) -> None:
    async with running(tmp_path, Bus(), ME) as (client, _):
        answer = await client._http.post("/v1/request", content=body)
        assert 400 <= answer.status_code < 500
        assert (await client.ask(Status()))["asked"] == "Status"


async def test_garbage_instead_of_http_leaves_the_door_open(tmp_path: Path) -> None:
    async with running(tmp_path, Bus(), ME) as (client, path):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(b"\x00\xff" * 5000)
        assert (await client.ask(Status()))["asked"] == "Status"


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_malformed(body: bytes) -> None:
    try:
        decode_envelope(body)
    except Malformed:
        return
    assert b"request" in body


async def test_resuming_in_the_far_past_says_what_was_lost(tmp_path: Path) -> None:
    bus = Bus()
    for n in range(1500):
        bus.publish(LineChanged(state=str(n)))
    async with running(tmp_path, bus, ME) as (client, _), client.events(after=0) as events:
        first = await asyncio.wait_for(anext(events), 5)
    assert isinstance(first.event, Dropped)


WEB, CONSOLE, ALIEN = 900, 0, 1234
POLICY = Rights(admins=frozenset({0}), delegates=frozenset({WEB}), actors={"anna": frozenset({Right.LOOK, Right.READ})})
TABLE = [
    (Peer(CONSOLE), HangUp(), True),
    (Peer(CONSOLE, "anna"), HangUp(), False),
    (Peer(WEB), Status(), True),
    (Peer(WEB), ListCalls(), False),
    (Peer(WEB, "anna"), ListCalls(), True),
    (Peer(WEB, "anna"), HangUp(), False),
    (Peer(WEB, "mallory"), ListCalls(), False),
    (Peer(ALIEN), Status(), False),
    (Peer(ALIEN, "anna"), ListCalls(), False),
]


@pytest.mark.parametrize(("peer", "request_", "allowed"), TABLE)
def test_rights_come_from_uid_and_actor_and_never_add_up(peer, request_, allowed) -> None:
    if allowed:
        POLICY.require(peer, request_.needs)
    else:
        with pytest.raises(Refused):
            POLICY.require(peer, request_.needs)


def test_every_request_declares_its_right() -> None:
    from typing import get_args

    from secretaryd.control.protocol import Request

    assert all(isinstance(request.needs, Right) for request in get_args(Request))


async def test_the_stream_of_one_who_may_not_read_any_more_ends_at_once(tmp_path: Path) -> None:
    from secretaryd.control.protocol.users import UserChanged

    bus, actors = Bus(), {"anna": frozenset({Right.READ}), "boris": frozenset({Right.READ})}
    policy = Rights(admins=frozenset({os.getuid()}), actors=actors)
    async with (
        running(tmp_path, bus, policy) as (client, _),
        client.events(actor="anna") as hers,
        client.events(actor="boris") as his,
    ):
        bus.publish(LineChanged(state="idle"))
        await asyncio.wait_for(anext(hers), 5)
        await asyncio.wait_for(anext(his), 5)
        del actors["boris"]
        bus.publish(UserChanged(name="boris"))
        bus.publish(LineChanged(state="ringing"))
        assert isinstance((await asyncio.wait_for(anext(hers), 5)).event, UserChanged)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(his), 1)


# --- answers in pieces ------------------------------------------------------------------------------------------------


async def counting(request, peer):
    if not isinstance(request, FollowChat):
        return {}
    if request.id == 404:
        raise DeskError(Problem(code="not_found", text="no such chat"), 404)

    async def pieces():
        for n in range(request.id):
            yield ChatDelta(text=str(n))

    return pieces()


@asynccontextmanager
async def streaming(tmp_path: Path, answer=counting):
    path = tmp_path / "control.sock"
    ready, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(ControlApp(answer, Bus(), ME).app(), path, ready.set, stop))
    await asyncio.wait_for(ready.wait(), 5)
    client = AsyncControlClient(path)
    try:
        yield client
    finally:
        await client.close()
        stop.set()
        await asyncio.wait_for(task, 5)


async def test_an_answer_comes_in_pieces(tmp_path: Path) -> None:
    async with streaming(tmp_path) as client, client.stream(FollowChat(id=3)) as pieces:
        assert [piece async for piece in pieces] == [ChatDelta(text=str(n)) for n in range(3)]


async def test_the_blocking_client_reads_pieces_too(tmp_path: Path) -> None:
    async with streaming(tmp_path):
        blocking = ControlClient(tmp_path / "control.sock")
        found = await asyncio.to_thread(lambda: list(blocking.stream(FollowChat(id=2))))
        assert found == [ChatDelta(text="0"), ChatDelta(text="1")]


async def test_a_stream_that_is_refused_is_a_problem(tmp_path: Path) -> None:
    async with streaming(tmp_path) as client:
        with pytest.raises(RequestRefused, match="no such chat"):
            async with client.stream(FollowChat(id=404)):
                pass
        with pytest.raises(RequestRefused, match="/v1/stream"):
            await client.ask(FollowChat(id=1))
        with pytest.raises(RequestRefused, match="/v1/request"):
            async with client.stream(Status()):
                pass


async def test_who_goes_away_ends_the_stream(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def endless(request, peer):
        async def pieces():
            try:
                yield ChatDelta(text="раз")
                await asyncio.Event().wait()
            finally:
                closed.set()

        return pieces()

    async with streaming(tmp_path, endless) as client:
        async with client.stream(FollowChat(id=1)) as pieces:
            assert await anext(pieces) == ChatDelta(text="раз")
        await asyncio.wait_for(closed.wait(), 5)


async def told_in(request, peer):
    texts = Texts({"ru": {"x": "по-русски"}, "en": {"x": "in English"}}, "ru")
    if request.streams:

        async def pieces():
            yield ChatDelta(text=texts["x"])

        return pieces()
    raise DeskError(Problem(code="x", text=texts["x"]), 409)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "in English"), ("ru", "по-русски"), ("", "по-русски"), ("xx", "по-русски")]
)
async def test_a_refusal_is_worded_in_the_language_of_its_asker(tmp_path: Path, language: str, told: str) -> None:
    async with streaming(tmp_path, told_in) as client:
        with pytest.raises(RequestRefused) as caught:
            await client.ask(Status(), None, language)
        assert caught.value.problem.text == told
        async with client.stream(FollowChat(id=1), None, language) as pieces:
            assert [piece async for piece in pieces] == [ChatDelta(text=told)]


async def test_who_may_not_is_told_so_in_his_language(tmp_path: Path) -> None:
    async with running(tmp_path, Bus(), Rights(admins=frozenset({4_000_000}))) as (client, _):
        with pytest.raises(RequestRefused, match="этого нельзя"):
            await client.ask(Status(), None, "ru")


TABLES = [
    module
    for name in (each.name for each in pkgutil.iter_modules(secretaryd.desk.__path__))
    if hasattr(module := importlib.import_module(f"secretaryd.desk.{name}"), "TEXTS")
]


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_refusal_has_its_words_in_both_languages(module) -> None:
    russian, english = module.TEXTS["ru"], module.TEXTS["en"]
    assert russian.keys() == english.keys()
    for code in russian:
        forms = [" ".join(each) if isinstance(each, tuple) else each for each in (russian[code], english[code])]
        assert forms[0].count("{") == forms[1].count("{"), code
        assert any("а" <= letter <= "я" for letter in forms[0].lower()) or forms[1].startswith(("{", "secretaryctl")), (
            code
        )
