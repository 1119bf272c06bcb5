"""Contacts, search, marks and audit as requests, on a real database."""

import base64
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from secretaryd.bus import Bus
from secretaryd.config.schema import Config, Keep
from secretaryd.control.protocol import Dropped, PartialHeard, Request
from secretaryd.control.protocol.archive import (
    DeleteCall,
    GetPeaks,
    GetRecording,
    KeepCall,
    NoteCall,
    RestoreCall,
    SearchCalls,
    TagCall,
)
from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from secretaryd.control.protocol.contacts import (
    AddContact,
    BlockNumber,
    ContactCard,
    EditContact,
    ExportContacts,
    ImportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    TakeContactsFile,
    UnblockNumber,
)
from secretaryd.control.protocol.privacy import CountPerson, ErasedPerson, ErasePerson, ExportPerson
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.desk import Desk
from secretaryd.people.screening import Verdict, screen
from secretaryd.run.memory import Chores, Memory, limits_of
from secretaryd.troubles import Troubles
from storage.audio.retention import Limits
from storage.records import TurnRecord
from storage.store import Storage
from tests.fakes.owner_box import ANNA as EDITOR
from tests.fakes.owner_box import OwnerScene

ANNA = ContactCard(name="Анна", numbers=("8 (916) 123-45-67",), group="vip")


class Scene:
    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.memory = Memory(storage, "ru")
        self.desk = Desk(self.memory.handlers(), "ru")

    async def ask(self, request: Request, actor: str | None = "anna") -> Any:
        return msgspec.json.decode(msgspec.json.encode(await self.desk(request, Peer(0, actor))))

    async def refused(self, request: Request) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, Peer(0))
        assert caught.value.problem.text
        return caught.value.problem.code, caught.value.status

    async def call(self, text: str = "сколько стоит доставка", number: str = "+79161234567") -> int:
        call = await self.storage.begin("line1", "in", number, "presented", 1_790_000_000.0)
        await self.storage.add_turn(call.id, TurnRecord("caller", text, 0.0, 1.0, "caller"))
        await self.storage.finish(call.id, 1_790_000_060.0, "answered", "caller", "Итог.")
        while await self.storage.search.step():
            pass
        return call.id


@pytest_asyncio.fixture
async def box(tmp_path: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open("sqlite:///secretary.db", tmp_path)
    yield Scene(storage)
    await storage.close()


async def test_a_contact_is_known_in_any_written_form_and_to_screening_at_once(box: Scene) -> None:
    added = (await box.ask(AddContact(card=ANNA)))["contact"]
    assert added["numbers"] == ["+79161234567"]
    assert box.memory.directory.name("+79161234567") == "Анна"
    call = await box.call()
    for number in ("89161234567", "+7 916 123 45 67", "9161234567"):
        shown = await box.ask(ShowContact(number=number))
        assert shown["contact"]["id"] == added["id"]
        assert [one["id"] for one in shown["calls"]] == [call]
    assert [one["id"] for one in (await box.ask(ListContacts(text="916 123-45-67")))["contacts"]] == [added["id"]]
    edited = (await box.ask(EditContact(id=added["id"], note="постоянный", numbers=("112",))))["contact"]
    assert (edited["name"], edited["note"], edited["numbers"]) == ("Анна", "постоянный", ["112"])
    assert box.memory.directory.find("+79161234567") is None


async def test_a_removed_contact_comes_back(box: Scene) -> None:
    number = (await box.ask(AddContact(card=ANNA)))["contact"]["id"]
    await box.ask(RemoveContact(id=number))
    assert box.memory.directory.find("+79161234567") is None
    assert await box.refused(ShowContact(id=number)) == ("not_found", 404)
    assert (await box.ask(RestoreContact(id=number)))["contact"]["name"] == "Анна"
    assert box.memory.directory.name("+79161234567") == "Анна"


async def test_blocking_a_number_needs_no_contact_and_is_undone(box: Scene) -> None:
    blocked = (await box.ask(BlockNumber(number="8 495 000-00-00")))["contact"]
    assert (blocked["name"], blocked["group"]) == ("+74950000000", "blocked")
    assert screen(box.memory.directory.find("+74950000000")) is Verdict.DECLINE
    await box.ask(BlockNumber(number="84950000000", rule="goodbye"))
    assert screen(box.memory.directory.find("+74950000000")) is Verdict.GOODBYE
    await box.ask(UnblockNumber(number="4950000000"))
    assert screen(box.memory.directory.find("+74950000000")) is Verdict.TAKE


REFUSED: list[tuple[Request, tuple[str, int]]] = [
    (AddContact(card=ContactCard(name="")), ("bad_name", 400)),
    (AddContact(card=ContactCard(name="a", numbers=("не номер",))), ("bad_number", 400)),
    (AddContact(card=ContactCard(name="a", group="x")), ("bad_group", 400)),
    (AddContact(card=ContactCard(name="a", numbers=("89161234567",))), ("number_taken", 409)),
    (EditContact(id=77, name="x"), ("not_found", 404)),
    (RemoveContact(id=-1), ("not_found", 404)),
    (RestoreContact(id=2**70), ("not_found", 404)),
    (ShowContact(number="112"), ("not_found", 404)),
    (ShowContact(), ("bad_number", 400)),
    (UnblockNumber(number="900"), ("not_found", 404)),
    (ImportContacts(cards=(ANNA,) * 501), ("too_many", 400)),
    (TakeContactsFile(content=b"a,b\n1,2"), ("bad_file", 422)),
    (TakeContactsFile(content=b"x" * 2_000_001), ("bad_file", 422)),
    (SearchCalls(text="!!!"), ("nothing_to_find", 400)),
    (KeepCall(id=77), ("not_found", 404)),
    (NoteCall(id=1, note="x" * 5000), ("bad_mark", 400)),
    (TagCall(id=1, add=("",)), ("bad_mark", 400)),
    (TagCall(id=1, add=tuple(f"t{n}" for n in range(30))), ("bad_mark", 400)),
    (DeleteCall(id=2), ("call_running", 409)),
    (GetRecording(id=1), ("not_found", 404)),
    (CountPerson(number="x"), ("bad_number", 400)),
    (ErasePerson(number="89161234567", again="89161234568"), ("numbers_differ", 409)),
    (ErasedPerson(mark="x"), ("not_found", 404)),
]


@pytest.mark.parametrize(("request_", "refusal"), REFUSED, ids=[type(row[0]).__name__ for row in REFUSED])
async def test_what_cannot_be_done_is_told(box: Scene, request_: Request, refusal: tuple[str, int]) -> None:
    await box.ask(AddContact(card=ANNA))
    await box.call()
    await box.storage.begin("line1", "in", None, "", 1.0)
    assert await box.refused(request_) == refusal


@pytest.mark.parametrize("form", ["csv", "vcard"])
async def test_contacts_that_went_out_as_a_file_come_back_as_they_were(box: Scene, form: str) -> None:
    await box.ask(AddContact(card=ANNA))
    content = (await box.ask(ExportContacts(form=form)))["content"]
    nothing = {"added": 0, "changed": 0, "conflicts": 0, "unreadable": 0}
    assert await box.ask(TakeContactsFile(content=content.encode())) == nothing | {"same": 1}
    bad_line = 'name,numbers\nБорис,"8 916 000-00-01; x"\n'.encode("cp1251")
    assert await box.ask(TakeContactsFile(content=bad_line)) == nothing | {"same": 0, "added": 1, "unreadable": 1}
    listed = (await box.ask(ListContacts(text="Борис")))["contacts"]
    assert [one["numbers"] for one in listed] == [["+79160000001"]]


async def test_a_call_is_found_with_its_callers_name(box: Scene) -> None:
    await box.ask(AddContact(card=ANNA))
    call = await box.call()
    found = await box.ask(SearchCalls(text="доставки", number="8 916 123 45 67", since=1_789_999_999.0))
    (hit,) = found["hits"]
    assert (hit["call"]["id"], hit["call"]["name"]) == (call, "Анна")
    ((start, end),) = hit["snippet"]["marks"]
    assert hit["snippet"]["text"][start:end] == "доставка"
    assert (await box.ask(SearchCalls(number="4567")))["hits"][0]["call"]["id"] == call
    assert (await box.ask(SearchCalls(text="доставка", until=1.0)))["hits"] == []


async def test_marks_on_a_call_are_kept_found_and_audited(box: Scene) -> None:
    call = await box.call()
    await box.ask(KeepCall(id=call))
    await box.ask(NoteCall(id=call, note=" важный клиент "))
    await box.ask(TagCall(id=call, add=("Опт", "опт", "Москва")))
    told = (await box.ask(TagCall(id=call, remove=("ОПТ",))))["call"]
    assert (told["keep"], told["note"], told["tags"]) == (True, "важный клиент", ["москва"])
    while await box.storage.search.step():
        pass
    for text in ("клиенты", "Москва"):
        assert [hit["call"]["id"] for hit in (await box.ask(SearchCalls(text=text)))["hits"]] == [call]
    entries = (await box.ask(ListAudit(kind="call")))["entries"]
    assert [entry["what"] for entry in entries] == ["call.tagged", "call.tagged", "call.noted", "call.kept"]
    assert {(entry["who"], entry["target"]) for entry in entries} == {("anna", f"call:{call}")}
    assert entries[2]["before"] == {"note": ""}


async def test_a_deleted_call_is_nowhere_until_it_is_brought_back(box: Scene) -> None:
    call = await box.call()
    await box.storage.add_message(call, 1.0, "Анна", "", "вода")
    await box.ask(DeleteCall(id=call))
    assert await box.storage.recent() == ()
    assert await box.storage.messages() == ()
    assert (await box.storage.stats(0.0)).calls == 0
    assert (await box.ask(SearchCalls(text="доставка")))["hits"] == []
    assert await box.refused(NoteCall(id=call, note="x")) == ("not_found", 404)
    await box.ask(RestoreCall(id=call))
    assert [one.id for one in await box.storage.recent()] == [call]
    assert len(await box.storage.messages()) == 1
    assert await box.refused(RestoreCall(id=99)) == ("not_found", 404)


async def test_the_audit_is_listed_filtered_and_verified(box: Scene) -> None:
    await box.ask(AddContact(card=ANNA))
    await box.ask(BlockNumber(number="89031112233"), actor=None)
    entries = (await box.ask(ListAudit()))["entries"]
    assert [(entry["who"], entry["where"], entry["what"]) for entry in entries] == [
        ("uid 0", "control", "contact.added"),
        ("anna", "control", "contact.added"),
    ]
    assert [entry["id"] for entry in (await box.ask(ListAudit(who="anna")))["entries"]] == [1]
    verdict = await box.ask(VerifyAudit(head=entries[0]["hash"][:12].upper()))
    assert (verdict["sound"], verdict["entries"], verdict["head"]) == (True, 2, entries[0]["hash"])
    assert not (await box.ask(VerifyAudit(head="feed")))["sound"]


async def test_a_person_is_told_and_erased_by_a_number_in_any_form(box: Scene) -> None:
    await box.ask(AddContact(card=ANNA))
    call = await box.call()
    counted = await box.ask(CountPerson(number="8 916 123-45-67"))
    assert counted["counts"] == {"calls": 1, "recordings": 0, "messages": 0, "contacts": 1, "other": 0}
    told = await box.ask(ExportPerson(number="8 916 123-45-67"))
    assert ([one["id"] for one in told["calls"]], told["after"]) == ([call], None)
    assert told["rows"]["contact"][0]["name"] == "Анна"
    mark = (await box.ask(ErasePerson(number="89161234567", again="+7 916 123 45 67")))["mark"]
    assert (await box.ask(ErasedPerson(mark=mark)))["done"] is None
    bus = Bus()
    bus.publish(PartialHeard(call=call, text="зарыто под сиренью"))
    await Chores(box.storage, box.memory.directory, Config, Troubles(), bus.forget).erase()
    with bus.reader(after=0) as reader:
        bus.close()
        assert [stamped.event async for stamped in reader] == [Dropped(count=1)]
    assert (await box.ask(ErasedPerson(mark=mark)))["done"] is not None
    assert box.memory.directory.find("+79161234567") is None
    assert await box.storage.recent() == ()


async def test_sound_comes_in_pieces_and_who_listens_is_noted(box: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.audio.door.PIECE_BYTES", 100)
    call = await box.storage.begin("line1", "in", None, "", 1_790_000_000.0)
    recorder = box.storage.recorder(1_790_000_000.0, None, UTC)
    recorder.write(bytes(320), bytes(320))
    recorder.close()
    await box.storage.answered(call.id, 1_790_000_000.0, recorder.path)
    await box.storage.finish(call.id, 1_790_000_001.0, "answered", "caller")
    content, size = b"", 1
    while len(content) < size:
        piece = await box.ask(GetRecording(id=call.id, offset=len(content)))
        size, content = piece["size"], content + base64.b64decode(piece["content"])
    assert content == recorder.path.read_bytes()
    assert [entry["what"] for entry in (await box.ask(ListAudit()))["entries"]] == ["recording.heard"]
    assert (await box.ask(GetPeaks(id=call.id)))["caller"] == []
    chores = Chores(box.storage, box.memory.directory, Config, Troubles(), bool)
    assert await box.storage.audio.outline_one()
    peaks = await box.ask(GetPeaks(id=call.id))
    assert (peaks["seconds"], len(peaks["caller"]), len(peaks["secretary"])) == (0.02, 400, 400)
    assert await chores.pack()
    assert (await box.storage.call(call.id)).recording == box.storage.relative(recorder.path.with_suffix(".opus"))


async def test_a_disk_that_fills_up_is_told_and_told_no_more_when_it_has_room(box: Scene) -> None:
    troubles = Troubles()
    full, roomy = (Config(keep=Keep(warn_percent=percent, purge_percent=99)) for percent in (0, 99))
    await Chores(box.storage, box.memory.directory, lambda: full, troubles, bool).retain()
    assert "disk.filling" in troubles.codes
    await Chores(box.storage, box.memory.directory, lambda: roomy, troubles, bool).retain()
    assert troubles.codes == {}


async def test_settings_of_keeping_work_without_a_new_start(box: Scene, tmp_path: Path) -> None:
    """As the core is wired: the chores ask for the configuration every time, and an edit replaces it."""
    scene = OwnerScene(tmp_path)
    call = await box.storage.begin("line1", "in", None, "withheld", 1_790_000_000.0)
    recorder = box.storage.recorder(1_790_000_000.0, None, UTC)
    recorder.write(bytes(320), bytes(320))
    recorder.close()
    await box.storage.answered(call.id, 1_790_000_000.0, recorder.path)
    await box.storage.finish(call.id, 1_790_000_001.0, "answered", "caller")
    chores = Chores(box.storage, box.memory.directory, lambda: scene.owner.config, Troubles(), bool)
    for key, value in (("keep.format", "flac"), ("keep.warn_percent", 10)):
        assert (await scene.owner.set_value(EDITOR, key, value)).restart == ()
    assert await chores.pack()
    assert (await box.storage.call(call.id)).recording == box.storage.relative(recorder.path.with_suffix(".flac"))
    assert limits_of(scene.owner.config.keep).warn_share == 0.1


async def test_mp3_without_its_program_is_told_until_it_is_there(
    box: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    troubles = Troubles()
    chores = Chores(box.storage, box.memory.directory, lambda: Config(keep=Keep(format="mp3")), troubles, bool)
    with monkeypatch.context() as bare:
        bare.setenv("PATH", str(tmp_path))
        assert not await chores.pack()
    assert "recordings.no_encoder" in troubles.codes
    await chores.pack()
    assert troubles.codes == {}


async def test_an_index_that_lost_a_row_is_found_by_the_full_check(box: Scene) -> None:
    troubles = Troubles()
    chores = Chores(box.storage, box.memory.directory, Config, troubles, bool)
    await box.call()
    await chores.check()
    assert troubles.codes == {}
    raw = sqlite3.connect(box.storage.data_dir / "secretary.db")
    raw.execute("pragma writable_schema = on")
    # The index is told to hold another column than it was filled with: its pages are sound, its content is not.
    raw.execute("update sqlite_master set sql = replace(sql, '(number)', '(summary)') where name = 'call_number'")
    raw.commit()
    raw.close()
    await chores.check()
    assert "call_number" in troubles.codes["database.unsound"]


async def test_nothing_expires_while_the_networks_time_contradicts_the_clock(
    box: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Limits] = []

    async def retain(limits: Limits) -> bool:
        asked.append(limits)
        return False

    monkeypatch.setattr(box.storage.audio, "retain", retain)
    right = [False]
    chores = Chores(box.storage, box.memory.directory, Config, Troubles(), bool, lambda: right[0])
    await chores.retain()
    assert asked == []
    right[0] = True
    await chores.retain()
    assert len(asked) == 1
