import asyncio
import re
from html.parser import HTMLParser

import httpx2
import pytest

from tests.fakes.page_box import shared_renderer
from tests.fakes.status_tree import WELL
from webui import dashboard
from webui.api import health
from webui.app import create_app
from webui.errors import CoreAway
from webui.shield import HEADERS

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Desk:
    """A core that answers what it was given, or fails so."""

    def __init__(self, status=WELL, calls=()):
        self.answer, self.list = status, list(calls)

    async def status(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def calls(self, limit):
        assert 0 < limit <= 100
        if self.list and isinstance(self.list[0], Exception):
            raise self.list[0]
        return self.list[:limit]


class SilentDesk(Desk):
    async def status(self):
        await asyncio.Event().wait()


class Nobody:
    """A gate that knows nobody."""

    wizard = None  # asked for nobody: how far the set-up is is told to who is signed in

    async def visitor(self, token):
        return None


async def ask(desk, path="/", *, host="localhost:8080", method="GET", crash=False, **headers):
    transport = httpx2.ASGITransport(
        app=create_app(desk, desk, Nobody(), desk, renderer=shared_renderer()), raise_app_exceptions=not crash
    )
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.request(method, path, headers={name.replace("_", "-"): v for name, v in headers.items()})


class Page(HTMLParser):
    """Every tag and attribute, to look for what must not be there."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (WELL, 200, "ok"),
        ({}, 200, "degraded"),
        (CoreAway("no socket"), 503, "down"),
        (ConnectionRefusedError(), 503, "down"),
        (TimeoutError(), 503, "down"),
    ],
)
async def test_health_is_one_public_word(status, code, word):
    answer = await ask(Desk(status), "/health")
    assert (answer.status_code, answer.json()) == (code, {"status": word})


async def test_a_core_that_never_answers_is_down(monkeypatch):
    monkeypatch.setattr(dashboard, "STATUS_SECONDS", 0.01)
    monkeypatch.setattr(health, "SECONDS", 0.01)
    assert (await ask(SilentDesk(), "/health")).status_code == 503
    assert (await ask(SilentDesk())).status_code == 503


async def test_when_the_core_is_away_the_page_says_what_to_do():
    answer = await ask(Desk(CoreAway("no socket")))
    assert answer.status_code == 503
    assert "Секретарь не отвечает" in answer.text
    assert "journalctl -u secretaryd" in answer.text


@pytest.mark.parametrize(
    ("path", "accept", "word"),
    [
        ("/", "", "Готов принимать звонки"),
        ("/", "en-US,en;q=0.9", "Ready to take calls"),
        ("/?lang=en", "ru", "Ready to take calls"),
        ("/?lang=ru", "en", "Готов принимать звонки"),
    ],
)
async def test_the_page_speaks_the_readers_language(path, accept, word):
    answer = await ask(Desk(), path, accept_language=accept)
    assert answer.status_code == 200
    assert word in answer.text


async def test_what_callers_and_networks_send_never_becomes_markup():
    status = {part: dict.fromkeys(tree, HOSTILE) if isinstance(tree, dict) else tree for part, tree in WELL.items()}
    status["line"] = {"state": "talking", "number_masked": HOSTILE}
    status["modem"]["up"] = status["speech"]["up"] = status["llm"]["up"] = True
    status["alerts"] = [{"code": HOSTILE, "level": HOSTILE, "text": HOSTILE, "remedy": HOSTILE}]
    answer = await ask(Desk(status, [{"number_masked": HOSTILE, "outcome": HOSTILE}]))
    page = Page(answer.text)
    assert answer.text.count("alert(1)") >= 8, "it is shown, as text"
    assert "img" not in page.tags
    scripts = [value for tag, name, value in page.attributes if tag == "script" and name == "src"]
    assert page.tags.count("script") == len(scripts)
    assert all(each.startswith("/static/") for each in scripts)
    assert not [one for one in page.attributes if one[1].startswith("on") or one[1] == "style"]


@pytest.mark.parametrize("status", [WELL, {}, CoreAway("x")], ids=["well", "empty", "away"])
async def test_the_page_needs_no_javascript_and_loads_nothing_from_elsewhere(status):
    answer = await ask(Desk(status))
    page = Page(answer.text)
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', answer.text)
    sources = [value for _, name, value in page.attributes if name in {"src", "href"}]
    assert all(source.startswith(("/", "?", "#")) and not source.startswith("//") for source in sources)
    for source in sources:
        assert (await ask(Desk(status), source)).status_code in {200, 503}


@pytest.mark.parametrize(
    ("desk", "path", "options", "code"),
    [
        (Desk(), "/", {}, 200),
        (Desk(), "/health", {}, 200),
        (Desk(), "/static/style.css", {}, 200),
        (Desk(), "/nowhere", {}, 404),
        (Desk(), "/", {"method": "POST"}, 405),
        (Desk(), "/", {"host": "evil.example"}, 400),
        (Desk(CoreAway("x")), "/", {}, 503),
        (Desk(ZeroDivisionError()), "/", {"crash": True}, 500),
    ],
)
async def test_every_answer_is_shielded(desk, path, options, code):
    answer = await ask(desk, path, **options)
    assert answer.status_code == code
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "code"),
    [("127.0.0.1:8080", 200), ("localhost", 200), ("[::1]:8080", 200), ("secretary.local", 200), ("evil.example", 400)],
)
async def test_only_known_host_names_are_answered(host, code):
    assert (await ask(Desk(), "/health", host=host)).status_code == code


async def test_a_missing_list_of_calls_does_not_hide_the_status():
    answer = await ask(Desk(WELL, [CoreAway("busy")]))
    assert answer.status_code == 200
    assert "Список звонков сейчас недоступен." in answer.text


@pytest.mark.parametrize("starter", [True, False])
async def test_starter_models_are_told_in_a_banner(starter):
    answer = await ask(Desk({**WELL, "speech": {**WELL["speech"], "starter": starter}}))
    assert ('id="starter"' in answer.text) is starter


async def test_full_numbers_never_reach_the_page():
    answer = await ask(Desk(WELL, [{"number": "+79161234567", "outcome": "answered"}]))
    assert "9161234" not in answer.text
