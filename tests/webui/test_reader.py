"""Whoever reads is known where the core is asked, so that what it refuses is told in his language."""

from pathlib import Path
from typing import Any

import pytest

from secretaryd.control.protocol.chat import ListChats
from tests.fakes.page_box import open_page
from webui import reader


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [("", "", "en", "en"), ("?lang=ru", "", "en", "ru"), ("", "en", "ru", "en"), ("", "", "", "ru")],
)
async def test_the_core_is_asked_in_the_language_of_the_reader(
    tmp_path: Path, query: str, cookie: str, accept: str, language: str
) -> None:
    async with open_page(tmp_path) as p:
        seen: list[str] = []

        def find(_: ListChats) -> Any:
            seen.append(reader.language())
            return {"chats": [], "more": False}

        p.core.answers[ListChats] = find
        browser = await p.browser("анна")
        if cookie:
            await browser.get(f"/?lang={cookie}")
        answer = await browser.get(f"/admin/chat{query}", **{"accept-language": accept})
        assert answer.status_code == 200
        assert seen == [language]
    assert reader.language() == "", "nothing stays behind a request"
