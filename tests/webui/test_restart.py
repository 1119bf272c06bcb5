"""What has to start anew is told where it was changed, and done from there."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.control.protocol import ShowConfig
from secretaryd.control.protocol.box import RestartBox
from secretaryd.control.protocol.models import ListModels
from secretaryd.control.protocol.trial import ShowBench
from tests.fakes.page_box import Page, open_page
from webui import i18n
from webui.restart import pending

TEXTS = i18n.load()
LAGS = ["secretaryd", "secretary-speech"]


def lagging(page: Page) -> None:
    page.core.restarts["waiting"] = list(LAGS)
    page.core.answers[ShowConfig] = lambda _: {"config": {}}
    page.core.answers[ListModels] = lambda _: {"models": [], "bundles": [], "job": None}
    page.core.answers[ShowBench] = lambda _: {"job": None}


@pytest.mark.parametrize("path", ["/settings", "/models"])
async def test_a_page_offers_a_restart_and_asks_before(tmp_path: Path, path: str) -> None:
    async with open_page(tmp_path) as p:
        lagging(p)
        browser = await p.browser("анна")
        shown = (await browser.get(path)).text
        assert "Часть настроек ждёт перезапуска" in shown
        assert "телефон и звонки, распознавание и голос" in shown
        assert "Перезапустить сейчас?" in shown
        assert "идёт разговор" not in shown
        csrf = await p.csrf(browser)
        answer = await browser.http.post(
            "/restart", data={"csrf": csrf, "service": LAGS, "back": path}, headers={"sec-fetch-site": "same-origin"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert (RestartBox(services=tuple(LAGS)), "анна") in p.core.asked
        shown = (await browser.get(path)).text
        assert "Коробка перезапускается." in shown
        assert "Перезапускается: телефон и звонки, распознавание и голос" in shown


async def test_a_call_is_told_of_before_and_after(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        lagging(p)
        p.core.in_call = True
        browser = await p.browser("анна")
        assert "Сейчас идёт разговор: перезапуск подождёт его конца." in (await browser.get("/settings")).text
        await browser.post("/restart", csrf=await p.csrf(browser), service="secretaryd")
        shown = (await browser.get("/settings")).text
        assert "Коробка перезапустится, когда закончится разговор." in shown
        assert "Как только закончится разговор" in shown


async def test_nothing_is_said_where_nothing_waits_and_only_an_admin_may(tmp_path: Path) -> None:
    async with open_page(tmp_path) as p:
        lagging(p)
        p.core.restarts["waiting"] = []
        assert "перезапуск" not in (await (await p.browser("анна")).get("/settings")).text.lower()
        browser = await p.browser("boris", "operator")
        assert (await browser.post("/restart", csrf=await p.csrf(browser))).status_code == 403
        assert not [one for one, _ in p.core.asked if isinstance(one, RestartBox)]


junk = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers() | st.text(max_size=9))


@given(st.dictionaries(st.sampled_from(["waiting", "asked", "call"]), junk))
def test_whatever_another_version_sends_is_told(answer: dict[str, Any]) -> None:
    for say in TEXTS.values():
        assert all(isinstance(one, str) for one in pending(answer, say).waiting)
