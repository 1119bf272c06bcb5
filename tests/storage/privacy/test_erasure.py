"""Everything about a number is told, and everything about it is erased, wherever it is cut short."""

import json
import shutil
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage.audit.records import AuditFilter, By
from storage.contacts.records import Card
from storage.errors import NotFound
from storage.imported import ImportedRecord
from storage.privacy.erasure import HOLDERS, TEXTS
from storage.privacy.marks import FILE_NAME, KEY_NAME
from storage.records import TurnRecord
from storage.search.calls import Wanted
from storage.store import Storage

URL = "sqlite:///secretary.db"
OWNER = By("owner", "control")
ZONE = ZoneInfo("Europe/Moscow")
HERS = "+79161234567"
HIS = "+79031112233"
SECRET = "зарыто под сиренью"
STEM = "сирен"
DIGITS = "9161234567"


async def indexed(store: Storage) -> None:
    while await store.search.step():
        pass


async def call(store: Storage, number: str, text: str, at: float, *, about: str = "") -> int:
    begun = await store.begin("line1", "in", number, "presented", at)
    recorder = store.recorder(at, number, ZONE)
    recorder.write(bytes(320), bytes(320))
    seconds = recorder.close().seconds
    await store.answered(begun.id, at, recorder.path, "default@1")
    await store.add_turn(begun.id, TurnRecord("caller", text, 0.0, 1.0, "caller"))
    if about:
        await store.add_message(begun.id, at, "Вера", about, f"перезвоните на {about}")
    done = await store.finish(begun.id, at + 60, "answered", "caller", f"Сказал: «{text}».", seconds)
    await store.write_sidecar(done, ZONE)
    return begun.id


async def filled(data_dir: Path) -> Storage:
    """Hers: two calls, a contact with a note, a call of his that names her number, and all of it in the audit."""
    store = await Storage.open(URL, data_dir)
    await store.contacts.add(Card("Анна Тайная", (HERS,), "vip", SECRET), OWNER)
    await store.contacts.add(Card("Борис", (HIS,)), OWNER)
    first = await call(store, HERS, SECRET, 1000.0)
    await call(store, HIS, f"позвоните ей {HERS} пожалуйста", 2000.0, about=HERS)
    await call(store, HERS, "ещё раз про сирень", 3000.0)
    await call(store, HIS, "просто вопрос", 4000.0)
    await store.marks.note(first, SECRET, OWNER)
    await indexed(store)
    return store


def whatever_is_left(data_dir: Path) -> list[str]:
    """Files in which something of hers stands."""
    hers = [DIGITS, SECRET, "Тайная", STEM]
    found = []
    for path in data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {word}" for word in hers if word.encode() in content or word in path.name]
    return found


async def test_all_of_it_goes_and_nothing_else(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    assert len(whatever_is_left(tmp_path)) > 5
    stone = await store.privacy.erase(HERS, OWNER)
    assert await store.privacy.finish() == 1
    assert whatever_is_left(tmp_path) == []
    state = await store.privacy.state(stone.mark)
    assert state is not None
    assert state.done is not None
    his = await store.recent()
    assert [one.number for one in his] == [HIS, HIS]
    said = (await store.call(his[1].id)).turns[0].text
    assert said == "позвоните ей +7••• пожалуйста"
    (message,) = await store.messages()
    assert (message.name, message.number, message.matter) == ("Вера", "", "перезвоните на +7•••")
    assert [one.card.name for one in await store.contacts.all()] == ["Борис"]
    assert all(store.recording_path(one).is_file() for one in his)
    assert json.loads(store.recording_path(his[1]).with_suffix(".json").read_text())["turns"][0]["text"] == said
    assert (await store.search.find(Wanted(text="сирень"))).hits == ()
    assert [hit.call.id for hit in (await store.search.find(Wanted(text="вопросы"))).hits] == [his[0].id]
    verdict = await store.audit.verify()
    assert verdict.sound, verdict
    told = (await store.audit.list(AuditFilter(kind="person")))[0]
    assert told.after is not None
    assert told.after["mark"] == stone.mark
    assert told.after["removed"]["calls"] == 2
    await store.close()
    assert whatever_is_left(tmp_path) == []


async def test_an_erasure_cut_anywhere_is_finished_at_the_next_start(tmp_path: Path) -> None:
    original = tmp_path / "original"
    store = await filled(original)
    await store.privacy.erase(HERS, OWNER)
    await store.close()
    cut, total = 0, 1
    while cut < total:
        place = tmp_path / f"cut{cut}"
        shutil.copytree(original, place)
        store = await Storage.open(URL, place)
        eraser, (stone,) = store.privacy._eraser, await store.run(store.privacy._stones.unfinished)
        progress = await store.run(eraser.begin, stone)
        total = len(progress.steps)
        for _ in range(cut):
            await store.run(eraser.step, progress)
        await store.close()  # here the power goes: what was planned is forgotten
        store = await Storage.open(URL, place)
        assert store.privacy.wanted.is_set()
        await store.privacy.finish()
        assert whatever_is_left(place) == [], cut
        assert (await store.audit.verify()).sound
        assert len(await store.recent()) == 2
        await store.close()
        shutil.rmtree(place)
        cut += 3
    assert total > 10


async def test_what_a_backup_brings_back_is_erased_again(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.close()
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "secretary.db", backup)
    store = await Storage.open(URL, tmp_path)
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    await store.close()
    shutil.move(backup, tmp_path / "secretary.db")
    store = await Storage.open(URL, tmp_path)
    assert store.privacy.wanted.is_set()
    await store.privacy.finish()
    assert whatever_is_left(tmp_path) == []
    await store.close()


async def test_who_calls_again_after_the_erasure_is_kept(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    stone = await store.privacy.erase(HERS, OWNER)
    later = await call(store, HERS, "новый вопрос", stone.at + 10)
    await store.privacy.finish()
    assert [one.id for one in await store.recent() if one.number == HERS] == [later]
    await store.close()


async def test_everything_is_told_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.privacy.export.MAX_CALLS", 2)
    store = await filled(tmp_path)
    counts = await store.privacy.counts(HERS)
    assert (counts.calls, counts.recordings, counts.messages, counts.contacts) == (2, 2, 1, 1)
    first = await store.privacy.page(HERS, 0, OWNER)
    assert [one["id"] for one in first.calls] == [1, 2]
    assert first.calls[0]["turns"][0]["text"] == SECRET
    assert first.calls[1]["messages"][0]["number"] == HERS
    assert first.rows["contact"][0]["note"] == SECRET
    assert first.rows["audit"][0]["what"] == "contact.added"
    assert first.after is not None
    second = await store.privacy.page(HERS, first.after, OWNER)
    assert ([one["id"] for one in second.calls], second.after, second.recordings) == ([3], None, (3,))
    exported = (await store.audit.list(AuditFilter(kind="person.exported")))[0]
    assert DIGITS not in json.dumps(exported.after)
    await store.close()


@pytest.mark.parametrize("written", [HERS, "8 (916) 123-45-67", "916 123 45 67", "+7-916-123-45-67"])
async def test_a_chat_taken_over_goes_with_whoever_stands_in_it(tmp_path: Path, written: str) -> None:
    store = await filled(tmp_path)
    chats = {"hers": f"звонила с {written}", "his": f"звонил с {HIS}", "nobody": "когда вы работаете"}
    records = [ImportedRecord("chat_sessions.json", key, "chat", {"text": text}) for key, text in chats.items()]
    settings = ImportedRecord("widget_config.json", "1", "widget", {"phone": written})
    await store.imported.put([*records, settings], "owner")
    await store.privacy.erase(HERS, OWNER)
    assert await store.privacy.finish() == 1
    assert [chat.key for chat in await store.imported.list("chat")] == ["his", "nobody"]
    assert await store.imported.list("widget"), "the owner's own settings are his"
    await store.close()


async def test_a_number_of_nobody_is_erased_too(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.privacy.erase("+70000000000", OWNER)
    assert await store.privacy.finish() == 1
    assert len(await store.recent()) == 4
    await store.close()


async def test_a_service_number_takes_no_digits_out_of_other_texts(tmp_path: Path) -> None:
    store = await Storage.open(URL, tmp_path)
    service = await call(store, "900", "ваш код 1900", 1.0)
    other = await call(store, HIS, "я звонил на 900 в 1900 году", 2.0)
    await store.privacy.erase("900", OWNER)
    await store.privacy.finish()
    with pytest.raises(NotFound):
        await store.call(service)
    assert (await store.call(other)).turns[0].text == "я звонил на 900 в 1900 году"
    await store.close()


async def test_the_marks_tell_no_number_and_the_key_is_private(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.privacy.erase(HERS, OWNER)
    await store.close()
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert DIGITS not in (tmp_path / FILE_NAME).read_text()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    assert DIGITS not in str(raw.execute("select * from tombstone").fetchall())
    raw.close()


async def test_a_spoilt_list_of_erasures_does_not_stop_the_box(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.privacy.erase(HERS, OWNER)
    await store.close()
    (tmp_path / FILE_NAME).write_text("{")
    store = await Storage.open(URL, tmp_path)
    assert await store.privacy.finish() == 1
    await store.close()


FREE = {
    "audit": "its entries lose their details by a step of their own",
    "contact_number": "goes with its number",
    "dial_usage": "goes with its number",
    "follow_up": "names calls and messages only",
    "grant": "of the page's users",
    "imported": "chats go by a step of their own; the rest is the owner's",
    "invitation": "of the page's users",
    "meta": "values of the database itself",
    "peaks": "goes with its call",
    "schema_migration": "names of migrations",
    "sim_fact": "the operator's words",
    "sms_pdu": "goes with its message, or by a step of its own",
    "tombstone": "keyed hashes only",
    "user": "of the page's users",
}
"""Tables in which no texts are masked, and why."""


async def test_every_table_is_known_to_the_erasure(tmp_path: Path) -> None:
    """A new table that may hold a number or somebody's words belongs into HOLDERS and TEXTS."""
    store = await Storage.open(URL, tmp_path)
    wanted = "select name from sqlite_master where type = 'table' and name not like 'search!_%' escape '!'"
    names = {name for (name,) in await store.run(lambda: store._db.execute_sql(wanted).fetchall())}
    await store.close()
    known = {table for table, _ in TEXTS} | {table for table, _ in HOLDERS} | FREE.keys()
    assert {name for name in names if not name.startswith("sqlite_")} <= known
