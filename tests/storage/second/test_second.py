"""What a second recogniser heard: kept beside the first, found, masked, erased, in the JSON, tried only so often."""

import json
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage.audit.records import AuditFilter, By
from storage.errors import NotFound, StorageError
from storage.records import TurnRecord
from storage.search.calls import Wanted
from storage.second.records import DONE, FAILED, WANTED, SecondLine
from storage.second.rows import MAX_ATTEMPTS
from storage.store import Storage

ZONE = ZoneInfo("Europe/Moscow")
OWNER = By("owner", "control")
HERS, HIS = "+79161234567", "+79031112233"
LINES = (SecondLine(0.5, 1.5, "здравствуйте барышня", 0.9, 0), SecondLine(5.0, 6.0, "звоните 89161234567", 0.8))


async def call(store: Storage, number: str = HIS, at: float = 1000.0, frames: int = 100) -> int:
    begun = await store.begin("line1", "in", number, "presented", at)
    recorder = store.recorder(at, number, ZONE)
    for n in range(frames):
        recorder.write(n.to_bytes(2, "little") * 160, bytes(320))
    seconds = recorder.close().seconds
    await store.answered(begun.id, at, recorder.path, "default@1")
    await store.add_turn(begun.id, TurnRecord("caller", "здравствуйте", 0.4, 1.6, "caller"))
    await store.add_turn(begun.id, TurnRecord("secretary", "добрый день", 2.0, 3.0, "flow"))
    done = await store.finish(begun.id, at + 60, "answered", "caller", "Итог.", seconds)
    await store.write_sidecar(done, ZONE)
    return begun.id


async def heard(store: Storage, number: int) -> None:
    assert await store.second.begin(number)
    assert await store.second.done(number, "big", LINES)


async def test_the_newest_call_comes_first_and_what_was_asked_for_before_all(store: Storage) -> None:
    first, second, third = [await call(store, at=at) for at in (1000.0, 2000.0, 3000.0)]
    assert await store.second.next(automatic=False) is None
    one = await store.second.next(automatic=True)
    assert one is not None
    assert (one.call, one.spoken) == (third, ((0, 0.4, 1.6),))
    assert (await store.second.ask(first, OWNER)).state == WANTED
    assert await store.second.waiting(automatic=False) == 1
    assert await store.second.waiting(automatic=True) == 3
    for number in (first, third, second):
        one = await store.second.next(automatic=True)
        assert one is not None
        assert one.call == number
        await heard(store, number)
    assert await store.second.next(automatic=True) is None
    assert [entry.what for entry in await store.audit.list(AuditFilter())] == ["call.second_asked"]


async def test_it_stands_beside_the_first_and_is_found(store: Storage) -> None:
    number = await call(store)
    while await store.search.step():
        pass
    await heard(store, number)
    kept = await store.call(number)
    assert kept.second is not None
    assert (kept.second.state, kept.second.model, kept.second.lines) == (DONE, "big", LINES)
    assert [turn.text for turn in kept.turns] == ["здравствуйте", "добрый день"]
    while await store.search.step():
        pass
    (hit,) = (await store.search.find(Wanted(text="барышни"))).hits
    assert hit.snippet is not None
    assert (hit.snippet.field, hit.snippet.text, hit.snippet.start) == ("second", "здравствуйте барышня", 0.5)
    assert (await store.privacy.page(HIS, 0, OWNER)).calls[0]["second"]["lines"][0]["text"] == "здравствуйте барышня"


async def test_asked_anew_the_earlier_lines_stay_until_there_are_others(store: Storage) -> None:
    number = await call(store)
    await heard(store, number)
    again = await store.second.ask(number, OWNER)
    assert (again.state, again.lines) == (WANTED, LINES)
    await store.second.begin(number)
    await store.second.done(number, "bigger", ())
    kept = (await store.call(number)).second
    assert kept is not None
    assert (kept.model, kept.lines) == ("bigger", ())


async def test_a_recording_that_ends_the_recogniser_is_given_up_until_it_is_asked_for(store: Storage) -> None:
    number = await call(store)
    assert [await store.second.begin(number) for _ in range(MAX_ATTEMPTS + 1)] == [True] * MAX_ATTEMPTS + [False]
    kept = (await store.call(number)).second
    assert kept is not None
    assert (kept.state, "time and again" in kept.reason) == (FAILED, True)
    assert await store.second.next(automatic=True) is None
    await store.second.ask(number, OWNER)
    assert await store.second.begin(number)


async def test_without_sound_there_is_nothing_to_hear_and_nothing_is_kept(store: Storage) -> None:
    number = await call(store)
    await store.second.begin(number)
    await store.forget_recording(number)
    assert not await store.second.done(number, "big", LINES)
    with pytest.raises(NotFound):
        await store.second.ask(number, OWNER)
    with pytest.raises(NotFound):
        await store.second.ask(99, OWNER)
    assert await store.second.next(automatic=True) is None


async def test_an_erasure_masks_the_digits_and_takes_the_persons_own(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    his, hers = await call(store), await call(store, HERS, 2000.0)
    for number in (his, hers):
        await heard(store, number)
        await store.write_sidecar(await store.call(number), ZONE)
    while await store.search.step():
        pass
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    second = (await store.call(his)).second
    assert second is not None
    assert second.lines[1].text == "звоните 8•••"
    sidecar = json.loads(store.recording_path(await store.call(his)).with_suffix(".json").read_text())
    assert sidecar["second"]["lines"][1]["text"] == "звоните 8•••"
    await store.close()
    with sqlite3.connect(tmp_path / "secretary.db") as raw:
        assert raw.execute("select call_id from second").fetchall() == [(his,)]
    raw.close()
    assert b"9161234567" not in (tmp_path / "secretary.db").read_bytes()


async def test_it_comes_back_from_the_json_with_its_call(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    number = await call(store)
    await heard(store, number)
    await store.write_sidecar(await store.call(number), ZONE)
    await store.close()
    (tmp_path / "secretary.db").write_bytes(b"no database")
    (tmp_path / ".lock").write_text("1\n")
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    (found,) = await store.recent()
    second = (await store.call(found.id)).second
    assert second is not None
    assert (second.model, second.lines) == ("big", LINES)
    await store.close()


@pytest.mark.parametrize("form", ["wav", "opus", "flac", "mp3"])
async def test_the_callers_side_is_read_whatever_it_is_kept_as(store: Storage, form: str) -> None:
    number = await call(store, frames=160)
    await store.audio.pack_one(form, ZONE, 1e12)
    name = (await store.call(number)).recording
    assert name is not None
    async with store.audio.caller_side(name) as pieces:
        got = [piece async for piece in pieces]
    assert [len(piece) for piece in got] == [8000] * 6 + [3200]
    if form in ("wav", "flac"):
        assert b"".join(got) == b"".join(n.to_bytes(2, "little") * 160 for n in range(160))


async def test_a_recording_that_cannot_be_read_says_so(store: Storage) -> None:
    number = await call(store)
    path = store.recording_path(await store.call(number))
    path.write_bytes(b"RIFFnonsense")
    with pytest.raises(StorageError, match="cannot be read"):
        async with store.audio.caller_side(store.relative(path)) as pieces:
            assert [piece async for piece in pieces] == []
    with pytest.raises(StorageError, match="outside"):
        async with store.audio.caller_side("../secretary.db"):
            pass
