"""Recordings are compressed faithfully, listened to by name, and go by age and for room, never by a wrong clock."""

import asyncio
import json
import os
import shutil
import wave
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import soundfile

from storage.audio import codec
from storage.audio.codec import POINTS, NotFaithful, compare, outline, pack
from storage.audio.door import NoEncoder
from storage.audio.retention import DAY, EARLIEST, Disk, Limits, Retention
from storage.audit.records import AuditFilter, By
from storage.errors import NotFound
from storage.records import TurnRecord
from storage.removal import Removal
from storage.search.sms import WantedSms
from storage.store import Storage

ZONE = ZoneInfo("Europe/Moscow")
OWNER = By("owner", "control")
NOW = EARLIEST + 400 * DAY
LATER = NOW + DAY


def speech(seconds: float, seed: int = 1) -> np.ndarray:
    """Two sides that speak in turn: noise in bursts."""
    chance = np.random.default_rng(seed)
    count = int(seconds * 8000)
    if not count:
        return np.zeros((0, 2), np.int16)
    wave_ = np.cumsum(chance.normal(0, 300, (count, 2)), axis=0)
    wave_ -= np.array([np.convolve(side, np.ones(200) / 200, "same") for side in wave_.T]).T
    loud = (np.arange(count) // 8000 % 2)[:, None] == np.array([0, 1])
    return np.clip(wave_ * loud, -20000, 20000).astype(np.int16)


def write(path: Path, sound: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound.tobytes())
    return path


@pytest.mark.parametrize(("form", "least"), [("opus", 4.0), ("flac", 1.0), ("mp3", 4.0)])
def test_a_recording_is_smaller_and_sounds_the_same(tmp_path: Path, form: str, least: float) -> None:
    source = write(tmp_path / "a.wav", speech(8.3))
    target = tmp_path / f"a.{form}"
    found = pack(source, target, form)
    assert source.stat().st_size / target.stat().st_size >= least
    assert target.stat().st_mode & 0o777 == 0o600
    assert (found.seconds, len(found.points)) == (8.3, 2 * POINTS)
    assert soundfile.info(target).frames == 8.3 * 8000
    assert {path.name for path in tmp_path.iterdir()} == {"a.wav", f"a.{form}"}
    if form == "flac":
        assert (soundfile.read(target, dtype="int16")[0] == speech(8.3)).all()


@pytest.mark.parametrize("form", ["opus", "flac", "mp3"])
def test_an_empty_recording_stays_as_it_is(tmp_path: Path, form: str) -> None:
    with pytest.raises(NotFaithful, match="nothing"):
        pack(write(tmp_path / "a.wav", speech(0.0)), tmp_path / f"a.{form}", form)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


UNFAITHFUL = {
    "shorter": lambda sound: sound[:-8000],
    "half as loud": lambda sound: sound // 2,
    "silent": lambda sound: sound * 0,
    "sides exchanged": lambda sound: sound[:, ::-1],
    "another sound": lambda sound: sound[::-1],
}


@pytest.mark.parametrize("spoil", UNFAITHFUL.values(), ids=UNFAITHFUL)
def test_a_copy_that_sounds_different_is_no_copy(tmp_path: Path, spoil) -> None:
    sound = speech(8.0)
    source, copy = write(tmp_path / "a.wav", sound), write(tmp_path / "b.wav", spoil(sound))
    compare(source, source)
    with pytest.raises(NotFaithful):
        compare(source, copy)


def test_nothing_is_left_of_a_copy_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NotFaithful("no")

    monkeypatch.setattr(codec, "compare", refuse)
    with pytest.raises(NotFaithful):
        pack(write(tmp_path / "a.wav", speech(1.0)), tmp_path / "a.opus", "opus")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_the_outline_shows_who_spoke_when(tmp_path: Path) -> None:
    points = outline(write(tmp_path / "a.wav", speech(4.0))).points
    caller, secretary = points[:POINTS], points[POINTS:]
    quarter = POINTS // 4
    assert max(caller[:quarter]) > 10 > max(caller[quarter + 1 : 2 * quarter - 1])
    assert max(secretary[quarter : 2 * quarter]) > 10 > max(secretary[: quarter - 1])


async def call(store: Storage, at: float, sound: np.ndarray | None, number: str = "+79161234567") -> int:
    begun = await store.begin("line1", "in", number, "presented", at)
    name = None
    if sound is not None:
        name = f"recordings/day/call_{begun.id}.wav"
        write(store.data_dir / name, sound)
    await store.answered(begun.id, at, name, "default@1")
    await store.add_turn(begun.id, TurnRecord("caller", "алло", 0.0, 1.0, "caller"))
    await store.add_message(begun.id, at, "Анна", "", "вода")
    done = await store.finish(begun.id, at + 10, "message", "caller", "", 1.0)
    if sound is not None:
        await store.write_sidecar(done, ZONE)
    return begun.id


async def test_a_kept_call_is_compressed_in_a_child_and_its_wav_goes(store: Storage) -> None:
    number = await call(store, NOW, speech(2.0))
    await call(store, NOW, None)
    assert not await store.audio.pack_one("opus", ZONE, NOW)  # it is too fresh
    assert await store.audio.outline_one()
    assert not await store.audio.outline_one()
    outlined = await store.audio.outline(number)
    assert await store.audio.pack_one("opus", ZONE, LATER)
    assert not await store.audio.pack_one("opus", ZONE, LATER)
    assert await store.audio.outline(number) == outlined
    record = await store.call(number)
    assert record.recording == "recordings/day/call_1.opus"
    folder = store.data_dir / "recordings/day"
    assert sorted(path.name for path in folder.iterdir()) == ["call_1.json", "call_1.opus"]
    assert json.loads((folder / "call_1.json").read_text())["recording"] == "call_1.opus"
    found = await store.audio.outline(number)
    assert found is not None
    assert (found[0], len(found[1])) == (2.0, 2 * POINTS)
    name, size, content = await store.audio.listen(number, 0, OWNER)
    assert (name, size, content) == ("call_1.opus", len(content), (folder / "call_1.opus").read_bytes())
    assert await store.audio.listen(number, size, OWNER) == (name, size, b"")
    (heard,) = await store.audit.list(AuditFilter(kind="recording"))
    assert (heard.what, heard.who, heard.target) == ("recording.heard", "owner", f"call:{number}")
    with pytest.raises(NotFound):
        await store.audio.listen(2, 0, OWNER)


async def test_without_the_program_for_mp3_nothing_is_touched_or_given_up(
    store: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = await call(store, NOW, speech(2.0))
    with monkeypatch.context() as bare:
        bare.setenv("PATH", str(tmp_path))
        with pytest.raises(NoEncoder, match="apt install lame"):
            await store.audio.pack_one("mp3", ZONE, LATER)
    assert (await store.call(number)).recording == f"recordings/day/call_{number}.wav"
    assert await store.audio.pack_one("mp3", ZONE, LATER)
    assert (await store.call(number)).recording == f"recordings/day/call_{number}.mp3"
    assert (await store.audio.listen(number, 0, OWNER))[0] == f"call_{number}.mp3"


async def test_what_cannot_be_compressed_stays_and_is_not_tried_for_ever(store: Storage) -> None:
    number = await call(store, NOW, speech(1.0))
    (store.data_dir / f"recordings/day/call_{number}.wav").write_bytes(b"RIFFnonsense")
    assert await store.audio.pack_one("opus", ZONE, LATER)
    assert not await store.audio.pack_one("opus", ZONE, LATER)
    assert (await store.call(number)).recording == "recordings/day/call_1.wav"


async def test_a_recording_that_was_forgotten_meanwhile_leaves_no_copy(store: Storage) -> None:
    number = await call(store, NOW, speech(1.0))
    shelf = store.audio._shelf
    one = await store.run(shelf.next_unpacked, LATER)
    assert one is not None
    target = one.path.with_suffix(".flac")
    await asyncio.to_thread(pack, one.path, target, "flac")
    await store.forget_recording(number)
    assert not await store.run(shelf.packed, one, target, 1.0, b"")
    assert not target.exists()
    assert await store.audio.outline(number) is None


async def test_a_wav_left_by_a_power_cut_goes_and_one_of_a_running_call_stays(store: Storage) -> None:
    number = await call(store, NOW, speech(1.0))
    wav = store.data_dir / f"recordings/day/call_{number}.wav"
    copy = wav.with_name("copy")
    shutil.copy(wav, copy)
    other = await store.begin("line1", "in", None, "", NOW)
    running = write(store.data_dir / "recordings/day/call_running.wav", speech(0.1))
    await store.answered(other.id, NOW, running, "default@1")
    await store.audio.pack_one("flac", ZONE, LATER)
    shutil.move(copy, wav)  # as if the power had gone between the row and the file
    assert await store.run(store.audio._shelf.tidy) == 1
    assert not wav.exists()
    assert running.exists()


class Scene:
    """A retention with a clock and a disk of its own."""

    def __init__(self, store: Storage) -> None:
        self.store, self.now, self.used, self.synchronised = store, NOW, 10, False
        removal = Removal(store._db, store.data_dir, store.search._calls.index)
        self.retention = Retention(
            store._db,
            store.data_dir,
            removal,
            store.audit.log,
            remove_sms=store.search._sms.remove,
            clock=lambda: self.now,
            disk=lambda _: Disk(self.used, 100),
            synchronised=lambda: self.synchronised,
        )

    async def round(self, limits: Limits | None = None) -> None:
        while await self.store.run(self.retention.step, limits or Limits()):
            pass

    async def kept(self) -> tuple[list[int], list[int]]:
        """Ids of calls, and of those that have a recording."""
        calls = await self.store.recent()
        assert all(self.store.recording_path(call).exists() for call in calls if call.recording)
        return sorted(call.id for call in calls), sorted(call.id for call in calls if call.recording)


async def aged(store: Storage, *days: float) -> Scene:
    for age in days:
        await call(store, NOW - age * DAY, speech(0.1))
    return Scene(store)


async def test_sound_goes_before_words_and_what_is_kept_stays(store: Storage) -> None:
    scene = await aged(store, 380, 380, 40, 40, 10)
    await store.marks.keep(2, True, OWNER)
    await store.marks.keep(4, True, OWNER)
    await scene.round()
    assert await scene.kept() == ([2, 3, 4, 5], [2, 4, 5])
    assert len(await store.messages()) == 4
    told = await store.audit.list(AuditFilter(kind="retention"), after=0)
    assert [(entry.what, entry.after) for entry in told] == [
        ("retention.audio", {"calls": [1, 3]}),
        ("retention.text", {"calls": [1]}),
    ]


async def test_a_deleted_call_goes_for_good_after_a_week(store: Storage) -> None:
    scene = await aged(store, 1, 1)
    store.marks._marks._clock = lambda: NOW - 8 * DAY
    await store.marks.delete(1, OWNER)
    store.marks._marks._clock = lambda: NOW - 6 * DAY
    await store.marks.delete(2, OWNER)
    await scene.round()
    with pytest.raises(NotFound):
        await store.marks.restore(1, OWNER)
    assert (await store.marks.restore(2, OWNER)).id == 2


async def test_messages_and_what_else_tells_of_people_go_with_the_words(store: Storage) -> None:
    scene = await aged(store, 1)

    def fill() -> None:
        insert = store._db.execute_sql
        for age, state in ((400, "received"), (400, "queued"), (10, "received")):
            insert(
                "insert into sms (line, direction, number, named, at, text, state, reason, purpose, flash, notes,"
                " total, have, reference, wide, told, doubtful, next_try)"
                " values ('line1', 'in', '+7', 0, ?, 'сирень', ?, '', '', 0, '[]', 1, 1, 0, 0, 1, 0, 0)",
                (NOW - age * DAY, state),
            )
            insert(
                "insert into dial_usage (began, line, number, reserved) values (?, 'line1', '+7', 1)",
                (NOW - age * DAY,),
            )
            insert(
                "insert into sms_pdu (line, identity, pdu, memory, kind, at, copies) values ('1', ?, '', '', '', ?, 1)",
                (f"{age}{state}", NOW - age * DAY),
            )
        insert("insert into imported (source, key, kind, body, at) values ('a', 'b', 'chat', '{}', 1.0)")
        insert("insert into imported (source, key, kind, body, at) values ('a', 'b', 'widget', '{}', 1.0)")

    await store.run(fill)
    while await store.search.step():
        pass
    aside = store.data_dir / "secretary.db.damaged-20250101-000000"
    aside.write_bytes(b"x")
    os.utime(aside, (NOW - 400 * DAY, NOW - 400 * DAY))
    await scene.round(Limits(text_days=0))
    assert len((await store.search.find_sms(WantedSms())).hits) == 3
    await scene.round()
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="сирень"))).hits] == [3, 2]

    def left(table: str) -> int:
        return int(store._db.execute_sql(f"select count(*) from {table}").fetchone()[0])

    assert [await store.run(left, table) for table in ("dial_usage", "sms_pdu", "imported", "search_sms_doc")] == [
        1,
        1,
        1,
        2,
    ]
    assert not aside.exists()
    told = await store.audit.list(AuditFilter(kind="retention"), after=0)
    assert [(entry.what, entry.after) for entry in told] == [
        ("retention.sms", {"messages": [1]}),
        ("retention.rows", {"dial_usage": 2, "imported": 1, "sms_pdu": 2}),
    ]


async def test_a_full_disk_takes_the_oldest_sound_and_never_a_row(store: Storage) -> None:
    scene = await aged(store, 3, 2, 1)
    await store.marks.keep(1, True, OWNER)
    scene.used = 89
    await scene.round()
    assert (await scene.kept())[1] == [1, 2, 3]
    scene.used = 90
    assert await store.run(scene.retention.step, Limits())
    assert await scene.kept() == ([1, 2, 3], [1, 3])
    await scene.round()
    assert await scene.kept() == ([1, 2, 3], [1])
    assert {entry.what for entry in await store.audit.list(AuditFilter(kind="retention"))} == {"retention.room"}


CLOCKS: list[tuple[str, float, bool, bool]] = [
    ("never set", 1000.0, True, False),
    ("right", NOW, False, True),
    ("far ahead of everything known", NOW + 61 * DAY, False, False),
    ("far ahead, and the system vouches for it", NOW + 61 * DAY, True, True),
]


@pytest.mark.parametrize(("name", "now", "synchronised", "right"), CLOCKS, ids=[row[0] for row in CLOCKS])
async def test_nothing_goes_by_a_clock_that_may_be_wrong(
    store: Storage, name: str, now: float, synchronised: bool, right: bool
) -> None:
    scene = await aged(store, 50, 0)
    scene.now, scene.synchronised, scene.used = now, synchronised, 95
    assert await store.run(scene.retention.clock_is_right) is right
    await scene.round(Limits(audio_days=30))
    assert (1 in (await scene.kept())[1]) is not right


async def test_for_ever_means_for_ever(store: Storage) -> None:
    scene = await aged(store, 4000, 0)
    await scene.round(Limits(audio_days=0, text_days=0))
    assert await scene.kept() == ([1, 2], [1, 2])


@pytest.mark.parametrize("name", ["../outside.wav", "/etc/passwd", "secretary.db"])
async def test_a_name_outside_of_the_recordings_touches_nothing(store: Storage, name: str) -> None:
    victim = store.data_dir.parent / "outside.wav"
    victim.write_text("x")
    removal = Removal(store._db, store.data_dir, store.search._calls.index)
    assert await store.run(removal.files, name, (".wav", ".db")) == 0
    assert victim.exists()
    assert (store.data_dir / "secretary.db").exists()
