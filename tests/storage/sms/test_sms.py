"""The inbox takes each PDU once; the outbox knows after a crash what may have gone out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from storage.audit.records import AuditFilter, Deed
from storage.errors import NotFound, WrongState
from storage.sms import outbox
from storage.sms.records import IncomingPdu, NewPart, NewSms, Outline
from storage.store import Storage

NUMBER = "+79161234567"


class FirstFit:
    """A joiner: parts belong together."""

    def place(self, incoming: IncomingPdu, outlines: Sequence[Outline]) -> int | None:
        return next((one.id for one in outlines if incoming.part not in one.texts), None)

    def text(self, texts: Mapping[int, str], total: int) -> str:
        return "".join(texts.get(part, "…") for part in range(1, total + 1))


JOIN = FirstFit()


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    yield opened
    await opened.close()


def came(identity: str, text: str = "Привет", **fields: object) -> IncomingPdu:
    given = {"kind": "text", "at": 100.0, "number": NUMBER, "sent": 90.0, **fields}
    return IncomingPdu(pdu=identity.upper(), identity=identity, text=text, **given)  # type: ignore[arg-type]


def report(reference: int, outcome: str, identity: str = "r1", **fields: object) -> IncomingPdu:
    return came(identity, "", kind="report", reference=reference, outcome=outcome, **fields)


async def queued(store: Storage, *texts: str, purpose: str = "owner", at: float = 100.0) -> int:
    parts = [NewPart(f"00{place:02X}", 1, text) for place, text in enumerate(texts or ("раз",))]
    return (await store.sms.add("line1", NUMBER, "".join(texts), parts, at, purpose=purpose)).id


async def test_a_message_is_kept_once_however_often_it_is_read(store: Storage) -> None:
    first = await store.sms.keep("line1", came("aa"), JOIN)
    again = await store.sms.keep("line1", came("aa"), JOIN)
    assert first.sms is not None
    assert again.sms is not None
    assert (first.repeated, again.repeated) == (False, True)
    assert again.sms.id == first.sms.id
    assert [sms.text for sms in await store.sms.list()] == ["Привет"]


async def test_the_same_text_a_second_later_is_another_message(store: Storage) -> None:
    await store.sms.keep("line1", came("aa"), JOIN)
    await store.sms.keep("line1", came("ab", sent=91.0), JOIN)
    assert len(await store.sms.list()) == 2


async def test_parts_are_shown_when_they_are_all_here(store: Storage) -> None:
    for part in (3, 1):
        await store.sms.keep("line1", came(f"p{part}", str(part), part=part, total=3, reference=7), JOIN)
    assert await store.sms.list() == ()
    assert await store.sms.untold() == ()
    kept = await store.sms.keep("line1", came("p2", "2", part=2, total=3, reference=7), JOIN)
    assert kept.sms is not None
    assert (kept.sms.state, kept.sms.text) == ("received", "123")
    assert [sms.id for sms in await store.sms.untold()] == [kept.sms.id]


async def test_what_waited_too_long_is_shown_with_gaps_and_a_late_part_still_joins(store: Storage) -> None:
    kept = await store.sms.keep("line1", came("p1", "раз ", part=1, total=2, reference=7), JOIN)
    assert kept.sms is not None
    assert await store.sms.overdue(100.0) == ()
    (shown,) = await store.sms.overdue(101.0)
    assert (shown.id, shown.state, shown.text) == (kept.sms.id, "incomplete", "раз …")
    await store.sms.mark_told(shown.id)
    late = await store.sms.keep("line1", came("p2", "два", part=2, total=2, reference=7, at=9e6), JOIN)
    assert late.sms is not None
    assert (late.sms.id, late.sms.state, late.sms.text) == (kept.sms.id, "received", "раз два")
    assert [sms.id for sms in await store.sms.untold()] == [kept.sms.id]  # told again, now whole


async def test_half_a_sign_at_the_end_of_a_part_survives_the_database(store: Storage) -> None:
    seen: list[Mapping[int, str]] = []

    class Looking(FirstFit):
        def text(self, texts: Mapping[int, str], total: int) -> str:
            seen.append(texts)
            return "ok"

    await store.sms.keep("line1", came("p1", "до \ud83d", part=1, total=2), Looking())
    await store.sms.keep("line1", came("p2", "\ude00", part=2, total=2), Looking())
    assert seen[-1] == {1: "до \ud83d", 2: "\ude00"}


async def test_what_cannot_be_read_is_kept_as_it_came_and_shown(store: Storage) -> None:
    kept = await store.sms.keep("line1", came("ff00", "", kind="unreadable", number=""), JOIN)
    assert kept.sms is not None
    shown = await store.sms.get(kept.sms.id)
    assert (shown.state, shown.pdus) == ("unreadable", ("FF00",))
    assert [sms.id for sms in await store.sms.list()] == [kept.sms.id]


async def test_the_parts_of_a_message_go_in_order_and_a_report_ends_it(store: Storage) -> None:
    sms = await queued(store, "раз", "два")
    for place, reference in ((1, 41), (2, 42)):
        part = await store.sms.due(100.0)
        assert part is not None
        assert (part.sms_id, part.part) == (sms, place)
        assert (await store.sms.begin(part.id, 101.0)).state == "sending"
        await store.sms.sent(part.id, reference)
    assert (await store.sms.get(sms)).state == "sent"
    assert await store.sms.due(100.0) is None
    await store.sms.keep("line1", report(41, "delivered"), JOIN)
    assert (await store.sms.get(sms)).state == "sent"
    kept = await store.sms.keep("line1", report(42, "delivered", "r2"), JOIN)
    assert kept.sms is not None
    assert (kept.sms.id, kept.sms.state) == (sms, "delivered")


@pytest.mark.parametrize(
    "wrong", [{"reference": 9}, {"number": "+79990000000"}, {"at": 9e6}, {"outcome": ""}], ids=lambda w: next(iter(w))
)
async def test_a_report_on_something_else_changes_nothing(store: Storage, wrong: dict[str, object]) -> None:
    sms = await queued(store)
    part = await store.sms.due(100.0)
    assert part is not None
    await store.sms.begin(part.id, 100.0)
    await store.sms.sent(part.id, 41)
    fields = {"reference": 41, "outcome": "delivered", **wrong}
    await store.sms.keep("line1", report(**fields), JOIN)  # type: ignore[arg-type]
    assert (await store.sms.get(sms)).state == "sent"


async def test_a_report_of_failure_has_its_reason(store: Storage) -> None:
    sms = await queued(store)
    part = await store.sms.due(100.0)
    assert part is not None
    await store.sms.begin(part.id, 100.0)
    await store.sms.sent(part.id, 41)
    await store.sms.keep("line1", report(41, "failed", reason="expired"), JOIN)
    assert ((await store.sms.get(sms)).state, (await store.sms.get(sms)).reason) == ("failed", "expired")


async def test_after_a_crash_a_part_goes_out_once_more_flagged_and_never_a_third_time(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    sms = await queued(store)
    for attempt in (1, 2):
        part = await store.sms.due(200.0)
        assert part is not None
        await store.sms.begin(part.id, 100.0 + attempt)
        await store.close()  # the crash: begun, and no word of what came of it
        store = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
        (found,) = await store.sms.recover(150.0)
        assert found.doubtful
    assert await store.sms.due(200.0) is None
    shown = await store.sms.get(sms)
    assert (shown.state, shown.reason, shown.parts[0].attempts) == ("failed", "uncertain", 2)
    await store.close()


async def test_what_is_refused_for_now_waits_and_what_is_refused_for_good_fails(store: Storage) -> None:
    sms = await queued(store, "раз", "два")
    part = await store.sms.due(100.0)
    assert part is not None
    await store.sms.begin(part.id, 100.0)
    waiting = await store.sms.again(part.id, "congestion", 130.0)
    assert (waiting.state, waiting.reason) == ("queued", "congestion")
    assert await store.sms.due(129.0) is None
    assert await store.sms.next_due() == 130.0
    part = await store.sms.due(130.0)
    assert part is not None
    await store.sms.begin(part.id, 130.0)
    assert (await store.sms.fail(part.id, "not_existing")).state == "failed"
    assert await store.sms.due(9e9) is None
    assert [each.state for each in (await store.sms.get(sms)).parts] == ["failed", "failed"]


async def test_only_what_has_not_begun_can_be_cancelled(store: Storage) -> None:
    deed = Deed("uid 0", "control", "sms.cancelled", "sms:1")
    sms = await queued(store)
    assert (await store.sms.cancel(sms, deed)).state == "cancelled"
    assert [entry.what for entry in await store.audit.list(AuditFilter())] == ["sms.cancelled"]
    assert await store.sms.due(9e9) is None
    other = await queued(store)
    part = await store.sms.due(9e9)
    assert part is not None
    await store.sms.begin(part.id, 100.0)
    with pytest.raises(WrongState):
        await store.sms.cancel(other, deed)
    with pytest.raises(NotFound):
        await store.sms.cancel(99, deed)
    with pytest.raises(NotFound):
        await store.sms.get(99)


async def test_counts_for_caps_and_limits(store: Storage) -> None:
    await queued(store, purpose="missed", at=50.0)
    assert await store.sms.tried_since(0.0) == 0
    part = await store.sms.due(100.0)
    assert part is not None
    await store.sms.begin(part.id, 120.0)
    assert await store.sms.tried_since(100.0) == 1
    assert await store.sms.tried_since(121.0) == 0
    assert await store.sms.last_to(NUMBER, "missed") == 50.0
    assert await store.sms.last_to(NUMBER, "busy") is None
    assert await store.sms.last_to("+79990000000", "missed") is None


async def test_threads_are_by_number_the_newest_first(store: Storage) -> None:
    await store.sms.keep("line1", came("aa"), JOIN)
    await store.sms.keep("line1", came("bb", "Код 1", number="Bank", named=True), JOIN)
    await queued(store, "ответ")
    threads = await store.sms.threads()
    assert [(one.number, one.named, one.count, one.last.text) for one in threads] == [
        (NUMBER, False, 2, "ответ"),
        ("Bank", True, 1, "Код 1"),
    ]
    assert [sms.text for sms in await store.sms.list(number=NUMBER)] == ["ответ", "Привет"]
    assert [sms.text for sms in await store.sms.list(direction="in", limit=1)] == ["Код 1"]


async def test_threads_are_the_same_however_few_messages_are_looked_at(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(12):
        number = f"+7916000000{place % 3 if place > 4 else place}"
        await store.sms.keep("line1", came(f"a{place}", f"текст {place}", number=number), JOIN)
    parts = {"total": 2, "part": 1, "reference": 1}
    await store.sms.keep("line1", came("bb", "часть", number="+79160000003", **parts), JOIN)  # waits for the other one
    every = await store.sms.threads()
    assert [(one.number[-1], one.count, one.last.text) for one in every] == [
        ("2", 4, "текст 11"), ("1", 3, "текст 10"), ("0", 3, "текст 9"), ("4", 1, "текст 4"), ("3", 1, "текст 3"),
    ]  # fmt: skip
    for at_once, looks in ((1, 1), (1, 3), (4, 1), (5, 2), (100, 1)):
        monkeypatch.setattr(outbox, "LOOKED_AT", at_once)
        monkeypatch.setattr(outbox, "LOOKS", looks)
        for limit in (1, 3, 5, 50):
            assert await store.sms.threads(limit) == every[:limit], (at_once, looks, limit)
    assert await store.sms.threads(0) == ()


async def test_what_is_owed_is_written_down_with_its_cause_and_paid_once(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    call = await store.begin("line1", "in", NUMBER, "presented", 100.0)
    message = await store.add_message(call.id, 110.0, "Анна", NUMBER, "перезвонить")
    await store.finish(call.id, 120.0, "message", "caller")
    ours = await store.begin("line1", "out", NUMBER, "dialled", 130.0)
    await store.finish(ours.id, 140.0, "no_answer", "no answer")
    await store.close()  # and nothing was sent
    store = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    debts = await store.sms.owed()
    assert [(debt.kind, debt.ref, debt.at) for debt in debts] == [
        ("message", message.id, 110.0),
        ("call", call.id, 120.0),
    ]
    letters = [NewSms(NUMBER, text, (NewPart("0001", 1, text),), "notice") for text in ("раз", "два")]
    paid = await store.sms.follow_up(debts[0].id, "line1", letters, 150.0)
    assert [(sms.text, sms.state, sms.purpose) for sms in paid] == [
        ("раз", "queued", "notice"),
        ("два", "queued", "notice"),
    ]
    assert await store.sms.follow_up(debts[0].id, "line1", letters, 151.0) == ()
    assert await store.sms.follow_up(debts[1].id, "line1", (), 152.0) == ()
    assert await store.sms.owed() == ()
    assert [sms.text for sms in await store.sms.list()] == ["два", "раз"]
    await store.close()
