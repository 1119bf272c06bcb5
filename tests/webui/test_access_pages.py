"""Users, one's own account, the audit: what the pages do, and what hostile text does on them."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.protocol.users import ChangeUser, InviteUser
from tests.fakes.page_box import PASSWORD, Browser, Page, open_page
from webui.audit import plain_cell, wanted
from webui.auth.totp import STEP_SECONDS, code_at
from webui.qr import QUIET_ZONE, qr_code

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e{{7*7}}"


class Tags(HTMLParser):
    """Every tag and attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def assert_inert(html: str) -> None:
    found = Tags(html)
    assert "img" not in found.tags
    assert not [name for name in found.attributes if name.startswith("on")]
    assert "alert(1)</script>" not in html
    assert "49" not in re.sub(r"[^>]*=\"[^\"]*\"", "", html) or "{{7*7}}" in html


async def send(p: Page, browser: Browser, path: str, **form: Any) -> Any:
    sent = {"sec-fetch-site": "same-origin"}
    return await browser.http.post(path, data={"csrf": await p.csrf(browser), **form}, headers=sent)


async def test_an_admin_invites_changes_and_removes(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        admin, boris = await p.browser("Анна"), await p.browser("boris", "viewer")
        invited = await send(p, admin, "/users/invite", name="вера", role="editor")
        assert invited.status_code == 200
        assert "/welcome?token=fresh" in invited.text
        assert p.core.asked[-1][0] == InviteUser(name="вера", role="editor")
        changed = await send(p, admin, "/users/change", name="boris", role="operator", grant=["faq.write", "faq.write"])
        assert changed.status_code == 303
        assert p.core.asked[-1][0] == ChangeUser(name="boris", role="operator", grants=("faq.write",))
        assert (await boris.get("/calls")).status_code == 200
        shown = (await admin.get("/users")).text
        assert re.search(r'value="faq.write" checked', shown)
        assert (await send(p, admin, "/users/remove", name="boris")).status_code == 303
        assert (await boris.get("/account")).status_code == 303
        assert await p.store.password("boris") is None
        assert (await send(p, admin, "/users/remove", name="boris")).status_code == 404


async def test_who_is_switched_off_is_out_everywhere(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        admin, boris = await p.browser("Анна"), await p.browser("boris", "viewer")
        token = (await p.gate.bearers.begin("boris", address="", agent="")).access
        assert (await send(p, admin, "/users/disabled", name="boris", disabled="1")).status_code == 303
        assert (await boris.get("/account")).status_code == 303
        assert await p.gate.bearers.visitor(token) is None
        assert await p.store.sessions("boris") == []
        assert (await send(p, admin, "/users/disabled", name="boris", disabled="")).status_code == 303
        assert (await boris.sign_in("boris")).status_code == 303


async def test_sessions_of_another_are_ended_and_a_lock_out_is_lifted(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        admin, boris = await p.browser("Анна"), await p.browser("boris", "viewer")
        assert (await send(p, admin, "/users/sessions", name="boris")).status_code == 303
        assert (await boris.get("/account")).status_code == 303
        assert (await send(p, admin, "/users/unlock", name="boris")).status_code == 303


async def test_the_second_step_is_switched_on_and_off_by_who_knows_the_password(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("Анна")
        assert (await send(p, browser, "/account/factor/begin", password="x")).status_code == 403
        begun = await send(p, browser, "/account/factor/begin", password=PASSWORD)
        secret = await p.store.factors.begin("Анна")
        assert "<path d=" in begun.text
        wrong = await send(p, browser, "/account/factor/confirm", code="000000")
        assert wrong.status_code == 400
        assert not await p.store.factors.is_on("Анна")
        code = code_at(secret, int(p.clock() // STEP_SECONDS))
        done = await send(p, browser, "/account/factor/confirm", code=code)
        codes = re.findall(r"<code>([a-z2-7-]{19})</code>", done.text)
        assert len(codes) == 10
        assert "10 запасных кодов" in (await browser.get("/account/factor")).text
        assert (await send(p, browser, "/account/factor/off", password="x")).status_code == 403
        assert await p.store.factors.is_on("Анна")
        assert (await send(p, browser, "/account/factor/off", password=PASSWORD)).status_code == 303
        assert not await p.store.factors.is_on("Анна")
        assert [what for what, _ in p.core.noted if what.startswith("factor")] == ["factor_on", "factor_off"]


async def test_a_key_is_made_with_chosen_rights_shown_once_and_revoked(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("boris", "operator")
        assert (await send(p, browser, "/account/keys", name="x")).status_code == 400
        made = await send(p, browser, "/account/keys", name="сценарий", scope=["calls.read", "manage"], days="30")
        text = re.search(r"secretary_[\w-]{43}", made.text)
        assert text is not None
        visitor = await p.gate.bearers.visitor(text[0])
        assert visitor is not None
        assert {one.value for one in visitor.permissions} == {"public", "signed_in", "calls.read"}
        again = (await browser.get("/account/keys")).text
        assert text[0] not in again
        assert "сценарий" in again
        (key,) = await p.gate.bearers.keys("boris")
        assert key.expires == p.clock() + 30 * 86400
        assert (await send(p, browser, "/account/keys/revoke", key=key.id)).status_code == 303
        assert await p.gate.bearers.visitor(text[0]) is None


def entry(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number, "at": 1.8e9, "who": "Анна", "where": "web", "what": "user.changed", "target": "user:boris",
        "before": {"role": "viewer"}, "after": {"role": "editor"}, "hash": "ab" * 32, "erased": False, **fields,
    }  # fmt: skip


async def test_the_audit_is_shown_taken_along_and_proved(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.core.audit = [entry(number) for number in range(1, 1203)]
        p.core.audit.append(entry(1203, what="contact.edited", target="=cmd|' /C calc'!A0", after={"name": HOSTILE}))
        admin = await p.browser("Анна")
        shown = await admin.get("/audit")
        assert shown.text.count("<tr>") == 51
        assert "пользователь изменён" in shown.text
        assert "before=" in shown.text
        assert_inert(shown.text)
        table = (await admin.get("/audit/export.csv")).content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(table)))
        assert len(rows) == 1203
        assert rows[-1]["target"].startswith("'=")
        assert json.loads(rows[-1]["after"]) == {"name": HOSTILE}
        lines = (await admin.get("/audit/export.json?kind=contact")).text.splitlines()
        assert [json.loads(line)["id"] for line in lines] == [1203]
        proved = await send(p, admin, "/audit/verify")
        assert "Цепочка цела" in proved.text


@pytest.mark.parametrize(
    ("given", "cell"),
    [("=1+1", "'=1+1"), ("+7916", "'+7916"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("a=b", "a=b"), (None, "")],
)
def test_no_cell_is_a_formula(given: str | None, cell: str) -> None:
    assert plain_cell(given) == cell


@pytest.mark.parametrize("day", ["", "2026-13-40", "x" * 9999, "0001-01-01", "9999-12-31", "2026-11-26T00:00"])
async def test_a_filter_that_is_none_filters_nothing(tmp_path: Path, day: str) -> None:
    async with open_page(tmp_path) as p:
        admin = await p.browser("Анна")
        answer = await admin.http.get("/audit", params={"since": day, "until": day, "before": day, "who": HOSTILE})
        assert answer.status_code == 200
        assert_inert(answer.text)
    assert wanted({"who": "x" * 999})["who"] == "x" * 64


@pytest.mark.parametrize("path", ["/users", "/account", "/account/keys", "/audit"])
async def test_hostile_names_agents_and_labels_stay_text(tmp_path: Path, path: str) -> None:
    async with open_page(tmp_path) as p:
        admin = Browser(p, agent=HOSTILE.encode("ascii", "ignore").decode())
        name = HOSTILE[:60]
        await p.browser(name)
        await admin.sign_in(name)
        await p.gate.bearers.begin(name, address="", agent=HOSTILE)
        await p.gate.bearers.make_key(name, HOSTILE, [], None)
        p.core.audit = [entry(1, who=HOSTILE, what=HOSTILE, target=HOSTILE, before=None, after={HOSTILE: HOSTILE})]
        answer = await admin.get(path)
        assert answer.status_code == 200
        assert_inert(answer.text)


@pytest.mark.parametrize(
    "path",
    ["/%3Cscript%3Ealert(1)%3C/script%3E", "/calls/%2e%2e%2f", "/static/..%2f..%2fetc/passwd", "/audit/export.%0d%0ax",
     "/signin?next=%22%3E%3Cimg src=x onerror=alert(2)%3E", "/welcome?token=%22%3E%3Cimg%20src=x%3E&user=%3Cimg%3E"],
)  # fmt: skip
async def test_a_hostile_address_is_an_error_page_like_any_other(tmp_path: Path, path: str) -> None:
    async with open_page(tmp_path) as p:
        admin = await p.browser("Анна")
        answer = await admin.get(path)
        assert answer.status_code in (200, 303, 404)
        assert "root:" not in answer.text
        assert_inert(answer.text)
        assert not {"x", "set-cookie"} & {name for name in answer.headers if name == "x"}


def test_a_qr_code_is_drawn_from_its_modules() -> None:
    picture = qr_code("http://secretary.local/setup?token=" + "a" * 43)
    assert picture.path.count("M") > 300
    assert re.fullmatch(r"(M\d+ \d+h1v1h-1z)+", picture.path)
    assert picture.path.startswith(f"M{QUIET_ZONE} {QUIET_ZONE}")
