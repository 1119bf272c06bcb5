"""The pages of settings and of the persona."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.config.schema import Config
from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.content import (
    ListChanges,
    ListPersonas,
    RemoveFact,
    SaveFact,
    SavePersona,
    SetConfig,
    SetPersona,
    ShowPersona,
    UsePersona,
)
from secretaryd.control.protocol.hearing import Speak
from secretaryd.desk.parts import plain
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.errors import NotDone
from webui.persona_view import persona, ready
from webui.settings_view import KEYS, as_typed, groups, others, value_of, wanted

TEXTS = i18n.load()
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
CONFIG = plain(Config())
PERSONA: dict[str, Any] = {
    "id": "guli", "own": True, "name": "Гуля", "company": "Ромашка", "style": "Кратко.", "version": "v1",
    "greeting": "Здравствуйте! {company}, {name}.", "text": "[ru]\nname = 'Гуля'\n",
    "facts": [{"topic": "hours", "label": "График", "value": "с 9 до 18", "say": "С девяти.", "keywords": ["часы"]}],
}  # fmt: skip


def full(p: Page) -> None:
    """A core with the default settings, which wants one to ten rings."""

    def set_config(asked: SetConfig) -> Any:
        if asked.key == "call.answer_after_rings" and asked.value not in range(1, 11):
            raise NotDone("Так нельзя: от 1 до 10.", 422)
        units = ("secretaryd",) if asked.key == "box.language" else ()
        return {"key": asked.key, "value": asked.value, "restart": units, "hidden_by": ""}

    def save(asked: SavePersona) -> Any:
        if asked.version != "v1":
            raise NotDone("Файл тем временем изменился.", 409)
        return {"name": "Гуля"}

    p.core.answers |= {
        ShowConfig: lambda _: {"config": CONFIG},
        SetConfig: set_config,
        ListChanges: lambda _: {"changes": [{"number": 8}]},
        ShowPersona: lambda _: PERSONA,
        ListPersonas: lambda _: {"ready": ["gulya", "x"], "active": "gulya", "own": True},
        SetPersona: lambda _: {},
        SavePersona: save,
        UsePersona: lambda _: {"active": "guli"},
        SaveFact: lambda asked: {"saved": asked.topic},
        RemoveFact: lambda asked: {"removed": asked.topic},
        Speak: lambda _: {"wav": base64.b64encode(b"RIFF").decode(), "seconds": 1.0, "voice": "starter"},
    }


def form_of(group: str, **changed: str) -> dict[str, str]:
    """What a browser sends for a group as it stands, but for what is changed (its dots written as __)."""
    given = {key: as_typed(value_of(CONFIG, key)) for key in KEYS[group]}
    return {key: value for key, value in given.items() if value} | {
        key.replace("__", "."): value for key, value in changed.items()
    }


def test_every_setting_of_the_page_is_one_of_the_configuration_and_has_its_words() -> None:
    for keys in KEYS.values():
        for key in keys:
            assert value_of(CONFIG, key) is not None, key
            assert TEXTS["en"](f"setting.{key}")
            assert TEXTS["en"](f"setting.{key}.hint")
    assert all(TEXTS["ru"](f"settings.group.{name}") for name in KEYS)


@pytest.mark.parametrize("key", [key for keys in KEYS.values() for key in keys])
def test_a_setting_that_is_sent_back_as_it_stood_is_no_change(key: str) -> None:
    now = value_of(CONFIG, key)
    assert wanted(now, as_typed(now)) == (list(now) if isinstance(now, tuple) else now)


async def test_only_what_differs_is_set_and_a_restart_is_told(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна", "admin")
        csrf = await p.csrf(browser)
        form = form_of("call", call__answer_after_rings="3", csrf=csrf)
        form.pop("call.record")  # a switch that is off is not sent
        assert (await browser.post("/settings/call", **form)).status_code == 303
        asked = p.asked(SetConfig)
        assert asked == [
            SetConfig(key="call.answer_after_rings", value=3),
            SetConfig(key="call.record", value=False),
        ]
        answer = await browser.post("/settings/box", **form_of("box", box__language="en", csrf=csrf))
        text = (await browser.get(answer.headers["location"])).text
        assert "Начнёт действовать после перезапуска." in text
        assert 'action="/changes/8/undo"' in text
        assert (await browser.post("/settings/web", csrf=csrf)).status_code == 404


async def test_a_refused_setting_is_told_at_its_field(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна", "admin")
        form = form_of("call", call__answer_after_rings="много", csrf=await p.csrf(browser))
        answer = await browser.post("/settings/call", **form)
        assert answer.status_code == 422
        assert "от 1 до 10" in answer.text
        assert 'value="много"' in answer.text


async def test_the_persona_is_shown_heard_and_changed(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        browser = await p.browser("анна", "admin")
        csrf = await p.csrf(browser)
        text = (await browser.get("/persona")).text
        for part in ("Здравствуйте! {company}, {name}.", "с 9 до 18", "часы", "Ромашка"):
            assert part in text
        heard = await browser.get("/persona/greeting.wav")
        assert (heard.content, heard.headers["content-type"]) == (b"RIFF", "audio/wav")
        assert p.core.asked[-1][0] == Speak(text="Здравствуйте! Ромашка, Гуля.")
        acts: list[tuple[str, dict[str, str], Any]] = [
            ("set", {"name": "Лидия", "company": "Ромашка", "style": ""}, SetPersona(name="Лидия")),
            ("use", {"id": ""}, UsePersona(id="")),
            ("facts", {"topic": "parking", "value": "есть", "keywords": "стоянка, парковка"},
             SaveFact(topic="parking", value="есть", keywords=("стоянка", "парковка"))),
            ("facts/remove", {"topic": "hours"}, RemoveFact(topic="hours")),
            ("text", {"text": "a = 1", "version": "v1"}, SavePersona(text="a = 1\n", version="v1")),
        ]  # fmt: skip
        for path, form, asked in acts:
            assert (await browser.post(f"/persona/{path}", csrf=csrf, **form)).status_code == 303
            assert asked in [request for request, _ in p.core.asked]
        stale = await browser.post("/persona/text", csrf=csrf, text="мой текст", version="v0")
        assert stale.status_code == 409
        assert "мой текст" in stale.text


async def test_what_is_kept_never_becomes_markup(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        full(p)
        fact = {"topic": HOSTILE, "label": HOSTILE, "value": HOSTILE, "say": HOSTILE, "keywords": [HOSTILE]}
        p.core.answers[ShowPersona] = lambda _: PERSONA | {"name": HOSTILE, "text": HOSTILE, "facts": [fact]}
        p.core.answers[ShowConfig] = lambda _: {"config": {"sms": {"missed_text": HOSTILE}, "x": {"y": HOSTILE}}}
        browser = await p.browser("анна", "admin")
        for path in ("/persona", "/settings"):
            text = (await browser.get(path)).text
            assert "alert(1)" in text
            assert "<script>alert" not in text
            assert "<img" not in text


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*PERSONA, "ready"]), junk), st.dictionaries(st.sampled_from([*CONFIG]), junk))
def test_whatever_another_version_sends_makes_a_page(answer: Any, config: Any) -> None:
    persona(answer)
    ready(answer, TEXTS["ru"])
    others(config)
    groups(config, TEXTS["ru"])


@given(junk, st.text(max_size=20))
def test_whatever_is_typed_is_no_error_of_ours(now: Any, typed: str) -> None:
    wanted(now, typed)
