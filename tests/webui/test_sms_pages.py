"""The pages of short messages and of contacts."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol.contacts import (
    AddContact,
    ContactCard,
    EditContact,
    ExportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    TakeContactsFile,
)
from secretaryd.control.protocol.sms import CancelSms, ListSms, ListThreads, SearchSms, SendSms
from tests.fakes.page_box import CALL, Page, open_page
from webui import contacts, i18n, sms
from webui.contacts_view import card
from webui.errors import NotDone
from webui.sms_view import found_sms, short_message, thread

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
NUMBER = "+79161234567"
SMS: dict[str, Any] = {
    "id": 4, "direction": "out", "number": NUMBER, "named": False, "at": 1.7e9, "text": "Да,\nдо шести.",
    "state": "failed", "reason_text": "нет сети",
}  # fmt: skip
CARD: dict[str, Any] = {
    "id": 3, "name": "Анна Петрова", "numbers": [NUMBER], "group": "vip", "note": "важная", "rule": "",
}  # fmt: skip


def full(p: Page) -> None:
    """A core with a thread and a contact; it takes no message for an emergency number."""

    def send(asked: SendSms) -> Any:
        if asked.number == "112":
            raise NotDone("На экстренные номера SMS не отправляются.", 400)
        return {"sms": SMS | {"id": 9, "state": "queued"}}

    def add(asked: AddContact) -> Any:
        if "x" in asked.card.numbers:
            raise NotDone("«x» — не телефонный номер.", 400)
        return {"contact": CARD}

    p.core.answers |= {
        ListThreads: lambda _: {"threads": [{"number": NUMBER, "last": SMS, "count": 5}]},
        ListSms: lambda _: {"sms": [SMS | {"id": 5, "state": "queued", "text": "вторая"}, SMS]},
        SearchSms: lambda _: {"hits": [{"sms": SMS, "snippet": {"text": "до шести", "marks": [[3, 8]]}}], "more": True},
        SendSms: send,
        CancelSms: lambda _: {"sms": SMS},
        ListContacts: lambda _: {"contacts": [CARD]},
        ShowContact: lambda _: {"contact": CARD, "calls": [CALL]},
        AddContact: add,
        EditContact: lambda _: {"contact": CARD},
        RemoveContact: lambda _: {"contact": CARD},
        RestoreContact: lambda _: {"contact": CARD},
        TakeContactsFile: lambda _: {"added": 2, "changed": 0, "same": 1, "conflicts": 0, "unreadable": 0},
        ExportContacts: lambda asked: {"name": "", "content": asked.form},
    }


async def test_threads_are_listed_searched_and_read_with_what_became_of_each(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        assert "5 сообщений" in (await browser.get("/sms")).text
        found = (await browser.get("/sms?q=шести&before=8")).text
        assert "<mark>шести</mark>" in found
        assert p.core.asked[-1][0] == SearchSms(text="шести", limit=sms.PAGE, before=8)
        text = (await browser.get("/sms/thread?number=%2B79161234567")).text
        assert text.index("до шести.") < text.index("вторая"), "the newest stands last"
        for part in ("не ушло", "нет сети", "/sms/5/cancel", "Анна Петрова"):
            assert part in text
        assert "/sms/4/cancel" not in text, "too late for that"


async def test_a_message_is_written_refused_with_its_text_kept_and_taken_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        refused = await browser.post("/sms/send", csrf=csrf, number="112", text="мой текст")
        assert refused.status_code == 400
        assert "экстренные" in refused.text
        assert "мой текст" in refused.text
        sent = await browser.post("/sms/send", csrf=csrf, number=NUMBER, text="Да,\r\nдо шести.")
        assert sent.headers["location"] == "/sms/thread?number=%2B79161234567"
        assert p.core.asked[-1] == (SendSms(number=NUMBER, text="Да,\nдо шести."), "boris")
        assert 'action="/sms/9/cancel"' in (await browser.get(sent.headers["location"])).text
        await browser.post("/sms/9/cancel", csrf=csrf)
        assert p.core.asked[-1][0] == CancelSms(id=9)


async def test_contacts_are_listed_by_pages_and_one_is_shown_with_his_calls(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        many = [CARD | {"id": n, "name": f"Имя {n}"} for n in range(contacts.PAGE + 1)]
        p.core.answers[ListContacts] = lambda _: {"contacts": many}
        browser = await p.browser("boris", "operator")
        text = (await browser.get("/contacts?group=vip&q=имя")).text
        assert p.core.asked[-1][0] == ListContacts(group="vip", text="имя", limit=contacts.PAGE + 1)
        assert f"group=vip&amp;after=%D0%98%D0%BC%D1%8F+{contacts.PAGE - 1}" in text
        assert f"Имя {contacts.PAGE}<" not in text
        shown = (await browser.get("/contacts/3")).text
        for part in ("Анна Петрова", NUMBER, "важная", "/calls/7", "Спросил о часах."):
            assert part in shown


async def test_contacts_are_written_removed_and_restored(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        form = {"csrf": csrf, "name": "Анна", "numbers": "8 916 123-45-67\r\n", "group": "vip", "note": "", "rule": "x"}
        refused = await browser.post("/contacts/add", **{**form, "numbers": "x"})
        assert refused.status_code == 400
        assert "не телефонный номер" in refused.text
        assert 'value="Анна"' in refused.text
        assert (await browser.post("/contacts/add", **form)).headers["location"] == "/contacts/3"
        assert p.core.asked[-1][0] == AddContact(
            card=ContactCard(name="Анна", numbers=("8 916 123-45-67",), group="vip", note="", rule="")
        )
        await browser.post("/contacts/3/edit", **form)
        edited = p.core.asked[-1][0]
        assert isinstance(edited, EditContact)
        assert (edited.id, edited.name, edited.group) == (3, "Анна", "vip")
        gone = await browser.post("/contacts/3/remove", csrf=csrf)
        assert 'action="/contacts/3/restore"' in (await browser.get(gone.headers["location"])).text
        await browser.post("/contacts/3/restore", csrf=csrf)
        assert p.core.asked[-1][0] == RestoreContact(id=3)


async def test_contacts_come_and_go_as_files(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("boris", "operator")
        csrf = await p.csrf(browser)
        out = await browser.get("/contacts/export?format=vcard")
        assert (out.text, out.headers["content-type"]) == ("vcard", "text/vcard; charset=utf-8")
        brought = await browser.post("/contacts/import", csrf=csrf, content="name\r\nАнна")
        assert p.core.asked[-1][0] == TakeContactsFile(content="name\nАнна".encode())
        assert "Добавлено: 2" in (await browser.get(brought.headers["location"])).text


async def test_what_senders_write_never_becomes_markup(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        row = SMS | {"text": HOSTILE, "number": HOSTILE, "state": HOSTILE, "reason_text": HOSTILE, "direction": "in"}
        p.core.answers |= {
            ListThreads: lambda _: {"threads": [{"number": HOSTILE, "last": row, "count": 1}]},
            ListSms: lambda _: {"sms": [row]},
            ListContacts: lambda _: {"contacts": [CARD | {"name": HOSTILE, "note": HOSTILE, "group": HOSTILE}]},
            ShowContact: lambda _: {"contact": CARD | {"name": HOSTILE, "numbers": [HOSTILE]}, "calls": []},
        }
        browser = await p.browser("boris", "operator")
        for path in ("/sms", "/sms/thread?number=x", "/contacts", "/contacts/3"):
            text = (await browser.get(path)).text
            assert "alert(1)" in text, path
            assert "<script>alert" not in text
            assert "<img" not in text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*SMS]), junk), st.dictionaries(st.sampled_from([*CARD]), junk), junk)
def test_whatever_another_version_sends_makes_a_page(row: Any, contact: Any, other: Any) -> None:
    for say in TEXTS.values():
        short_message(row, say)
        thread({"number": other, "last": row, "count": other}, say)
        found_sms({"sms": row, "snippet": other}, say)
        card(contact, say)
