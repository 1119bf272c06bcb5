"""What the page takes at all: hosts, how often, which files; and where it leads."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from limits import RateLimitItemPerMinute
from starlette.exceptions import HTTPException

from secretaryd.control.protocol.sms import SendSms
from tests.fakes.page_box import open_page
from webui.auth.roles import Permission
from webui.hosts import Hosts, host_of
from webui.limits import LIMITS, Limit, Limiter
from webui.redirect import create_redirect
from webui.uploads import TERMS, Upload, check, plain_name, read_upload, save_upload


@pytest.mark.parametrize(
    ("header", "server", "answered"),
    [
        ("secretary.local", "192.168.1.7", True),
        ("Secretary.Local:8080", "192.168.1.7", True),
        ("localhost:1", "127.0.0.1", True),
        ("[::1]:8080", "::1", True),
        ("192.168.1.7:8080", "192.168.1.7", True),
        ("192.168.1.8", "192.168.1.7", False),
        ("[fe80::1]", "fe80::1%eth0", True),
        ("evil.example", "192.168.1.7", False),
        ("secretary.local.evil.example", "192.168.1.7", False),
        ("evil.example:secretary.local", "192.168.1.7", False),
        ("secretary.local@evil.example", "192.168.1.7", False),
        ("secretary.local:8080:80", "192.168.1.7", False),
        ("[::1", "::1", False),
        ("[::1]x", "::1", False),
        ("", "192.168.1.7", False),
        ("sécretary.local", "192.168.1.7", False),
        ("3232235783", "192.168.1.7", False),
    ],
)
async def test_only_our_names_and_our_own_address_are_answered(header: str, server: str, answered: bool) -> None:
    told: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message: Any) -> None:
        told.append(message)

    for kind in ("http", "websocket"):
        told.clear()
        headers = [(b"host", header.encode("latin-1"))]
        scope = {"type": kind, "headers": headers, "server": (server, 80), "subprotocols": []}
        await Hosts(inner, ["secretary.local", "localhost"])(scope, None, send)  # type: ignore[arg-type]
        assert (told[0].get("status") == 204) is answered


def test_a_host_header_that_is_none_is_none() -> None:
    for header in ("a b", "a/b", "a\x00", "a\r\nb", "<script>", "a:99999999", "a:-1", "]", "[]x"):
        assert host_of(header) is None, header


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/calls?x=1", "https://localhost:8443/calls?x=1"),
        ("//evil.example/", "https://localhost:8443/evil.example/"),
        ("/?x=%0D%0Aset-cookie:x", "https://localhost:8443/?x=%0D%0Aset-cookie:x"),
        ("/%0D%0Aset-cookie:x", None),
        ("/", "https://localhost:8443/"),
    ],
)
async def test_plain_http_leads_to_https_here_and_nowhere_else(path: str, leads: str | None) -> None:
    transport = httpx2.ASGITransport(app=create_redirect(8443, ["localhost"]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        answer = await client.get(f"http://localhost:8080{path}")
        assert (answer.status_code, answer.headers.get("location")) == (308 if leads else 404, leads)
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example"])
async def test_a_redirect_does_not_mirror_a_foreign_host(name: str) -> None:
    transport = httpx2.ASGITransport(app=create_redirect(443, ["localhost"]))
    async with httpx2.AsyncClient(transport=transport) as client:
        answer = await client.get("http://localhost/", headers={"host": name})
        assert answer.status_code == 400


def test_what_is_dear_has_a_limit_and_each_asker_his_own() -> None:
    assert set(LIMITS) == set(Limit)
    limiter = Limiter({Limit.SMS: RateLimitItemPerMinute(3), Limit.LLM: RateLimitItemPerMinute(1)})
    assert [limiter.wait(Limit.SMS, "anna") == 0 for _ in range(5)] == [True, True, True, False, False]
    assert 1 <= limiter.wait(Limit.SMS, "anna") <= 60
    assert limiter.wait(Limit.SMS, "boris") == 0
    assert limiter.wait(Limit.LLM, "anna") == 0


async def test_a_flood_of_sign_ins_is_stopped_before_it_costs_anything(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.app.state.limiter = Limiter({**LIMITS, Limit.LOGIN: RateLimitItemPerMinute(2)})
        browser = await p.browser()
        codes = [(await browser.post("/signin", user=f"user {n}", password="x")).status_code for n in range(4)]
        assert codes == [401, 401, 429, 429]
        answer = await browser.http.post("/admin/auth/login", json={"user": "x", "password": "y"})
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_who_may_not_is_told_so_and_not_counted(tmp_path: Path) -> None:
    from webui.auth.guard import page

    async with open_page(tmp_path) as p:
        p.app.state.limiter = Limiter({**LIMITS, Limit.SMS: RateLimitItemPerMinute(1)})

        async def endpoint(_: Any) -> Any:
            raise HTTPException(299)

        p.app.router.routes.insert(0, page("/dear", endpoint, Permission.MANAGE, limit=Limit.SMS))
        viewer, admin = await p.browser("boris", "viewer"), await p.browser("Анна")
        assert [(await viewer.get("/dear")).status_code for _ in range(3)] == [403, 403, 403]
        assert [(await admin.get("/dear")).status_code for _ in range(2)] == [299, 429]


DEAR = {
    "POST /chat/{id}/ask": Limit.LLM, "POST /chat/{id}/again": Limit.LLM, "POST /chat/new": Limit.LLM,
    "POST /admin/chat/{id}/messages": Limit.LLM,
    "POST /admin/stt/transcribe": Limit.STT, "POST /admin/stt/test": Limit.STT, "/admin/stt/stream": Limit.STT,
    "POST /admin/tts/test": Limit.TTS, "GET /persona/greeting.wav": Limit.TTS,
    "GET /chat/{id}/said/{message}.wav": Limit.TTS,
    "POST /sms/send": Limit.SMS, "POST /admin/telephony/sms": Limit.SMS, "POST /admin/telephony/ussd": Limit.SMS,
    "GET /calls/{id}/sound": Limit.DOWNLOAD, "GET /admin/telephony/calls/{id}/recording": Limit.DOWNLOAD,
    "GET /faq/export": Limit.DOWNLOAD, "GET /contacts/export": Limit.DOWNLOAD,
    "GET /audit/export.{format}": Limit.DOWNLOAD,
    "GET /admin/faq/export": Limit.DOWNLOAD, "GET /admin/contacts/export": Limit.DOWNLOAD,
    "GET /admin/audit/export": Limit.DOWNLOAD, "POST /admin/doctor/report": Limit.DOWNLOAD,
    "POST /faq/import": Limit.UPLOAD, "POST /contacts/import": Limit.UPLOAD, "POST /admin/faq/import": Limit.UPLOAD,
    "POST /admin/contacts/import": Limit.UPLOAD,
    "POST /signin": Limit.LOGIN, "POST /admin/auth/login": Limit.LOGIN, "POST /admin/auth/refresh": Limit.LOGIN,
}  # fmt: skip
WORDS = ("export", "import", "sound", "recording", ".wav", "/send", "transcribe", "report", "download")
"""A route that is named so is dear."""


async def test_every_dear_route_of_page_and_api_has_its_limit(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        found: dict[str, Limit | None] = {}
        for route in p.app.routes:
            methods = getattr(route, "methods", None) or {""}
            path = re.sub(r":\w+}", "}", getattr(route, "path", ""))
            found |= {f"{one} {path}".strip(): getattr(route, "limit", None) for one in methods - {"HEAD"}}
        assert {name: found.get(name) for name in DEAR} == DEAR
        bare = [name for name, limit in found.items() if limit is None and any(word in name for word in WORDS)]
        assert bare == []


async def test_who_asks_too_often_is_told_calmly_and_when_to_come_back(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        p.app.state.limiter = Limiter(dict.fromkeys(LIMITS, RateLimitItemPerMinute(1)))
        browser = await p.browser("анна")
        csrf = await p.csrf(browser)
        p.core.answers[SendSms] = lambda _: {"sms": {"id": 1, "number": "+79161234567"}}
        await browser.post("/sms/send", csrf=csrf, number="", text="")
        page = await browser.post("/sms/send", csrf=csrf, number="", text="")
        seconds = int(page.headers["retry-after"])
        assert (page.status_code, 0 < seconds <= 60) == (429, True)
        assert f"Снова можно через {seconds} секунд" in page.text
        assert "Ничего не пропало" in page.text
        piece = await browser.post("/sms/send", {"hx-request": "true"}, csrf=csrf, number="", text="")
        assert "Слишком часто" in json.loads(piece.headers["hx-trigger"])["toast"]["text"]
        headers = {"x-csrf-token": csrf, "sec-fetch-site": "same-origin", "accept-language": "en"}
        told = await browser.http.post("/admin/telephony/sms", json={"number": "1", "text": "x"}, headers=headers)
        assert (told.status_code, told.headers["content-type"]) == (429, "application/problem+json")
        assert int(told.headers["retry-after"]) > 0
        problem = told.json()
        assert problem["title"].startswith("Too often. Wait a little. Again in ")
        assert problem["detail"] == ""


@pytest.mark.parametrize("path", ["/calls/{}", "/chat/{}", "/chat/7/said/{}.wav", "/admin/chat/{}"])
async def test_a_number_that_no_row_can_have_is_not_found(tmp_path: Path, path: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("анна")
        for number in (str(2**63 - 1), str(2**64), "9" * 400, "9" * 5000):
            assert (await browser.get(path.format(number))).status_code == 404


async def parts(*data: bytes) -> AsyncIterator[bytes]:
    for one in data:
        yield one


WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
FILES = [
    (Upload.WAV, WAV, True),
    (Upload.WAV, b"RIFF\x24\x00\x00\x00AVI fmt ", False),
    (Upload.WAV, b"\x7fELF" + WAV, False),
    (Upload.WAV, b"", False),
    (Upload.CSV, "вопрос;ответ\r\n".encode(), True),
    (Upload.CSV, b"\xef\xbb\xbfa;b", True),
    (Upload.CSV, b"PK\x03\x04\x00\x00", False),
    (Upload.CSV, b"\xff\xfea\x00", False),
    (Upload.JSON, b'{"a": 1}', True),
    (Upload.JSON, b"{}\x00", False),
    (Upload.BACKUP, b"age-encryption.org/v1\n-> X25519", True),
    (Upload.BACKUP, b"\x1f\x8b\x08", False),
]


@pytest.mark.parametrize(("kind", "data", "taken"), FILES)
async def test_a_file_is_what_its_first_bytes_say(tmp_path: Path, kind: Upload, data: bytes, taken: bool) -> None:
    place = tmp_path / "upload"
    for cut in (1, 5, len(data) or 1):
        pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
        if taken:
            assert await read_upload(parts(*pieces), kind) == data
        else:
            with pytest.raises(HTTPException) as refused:
                await read_upload(parts(*pieces), kind)
            assert refused.value.status_code == 415
    if taken:
        assert await save_upload(parts(data), kind, place) == len(data)
        assert place.stat().st_mode & 0o077 == 0
    elif not TERMS[kind].text:
        with pytest.raises(HTTPException):
            await save_upload(parts(data), kind, place)
        assert not place.exists()


async def test_too_much_is_refused_before_it_is_all_there(tmp_path: Path) -> None:
    came = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal came
        yield WAV
        while True:
            came += 1
            yield bytes(1 << 20)

    for upload in (read_upload(endless(), Upload.WAV), save_upload(endless(), Upload.WAV, tmp_path / "upload")):
        came = 0
        with pytest.raises(HTTPException) as refused:
            await upload
        assert refused.value.status_code == 413
        assert came <= 33
    assert not (tmp_path / "upload").exists()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\faq.csv", "faq.csv"),
        ("faq\r\nset-cookie: x.csv", "faqset-cookie: x.csv"),
        ("\u202egpj.exe", "gpj.exe"),
        ("...", ""),
        ("a" * 500, "a" * 80),
        ("/", ""),
    ],
)
def test_a_sender_s_name_leads_nowhere(sent: str, shown: str) -> None:
    assert plain_name(sent) == shown


def test_kinds_that_need_no_magic_are_text() -> None:
    for kind, terms in TERMS.items():
        assert terms.magic or terms.text, kind
    with pytest.raises(HTTPException):
        check(b"\x1b[2J", Upload.CSV)
