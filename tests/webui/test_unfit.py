"""What a request should have been, told by code and values in the reader's language."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from tests.fakes.page_box import open_page
from webui import i18n
from webui.unfit import WORDINGS, unfit

TEXTS = i18n.load()
RU = TEXTS["ru"]


class Kind(StrEnum):
    A = "a"


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=2, max_length=3)]
    n: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    kind: Kind = Kind.A
    pair: Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)] = msgspec.field(default_factory=list)
    word: Annotated[str, msgspec.Meta(pattern="^a$")] = "a"


CASES = [
    (b"{}", "unfit.missing", "body"),
    (b'{"text": 1}', "unfit.type", "text"),
    (b'{"text": "a"}', "unfit.shortest", "text"),
    (b'{"text": "aaaa"}', "unfit.longest", "text"),
    (b'{"text": "aa", "n": 0}', "unfit.least", "n"),
    (b'{"text": "aa", "n": 9}', "unfit.most", "n"),
    (b'{"text": "aa", "kind": "b"}', "unfit.choice", "kind"),
    (b'{"text": "aa", "x": 1}', "unfit.unknown", "body"),
    (b'{"text": "aa", "pair": ["x"]}', "unfit.type", "pair[0]"),
    (b'{"text": "aa", "word": "b"}', "unfit.other", "word"),
    (b'{"text"', "unfit.json", "body"),
    (b"{x", "unfit.json", "body"),
]


@pytest.mark.parametrize(("body", "key", "place"), CASES)
def test_msgspec_s_reasons_are_known_by_code(body: bytes, key: str, place: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as caught:
        msgspec.json.decode(body, type=Asked)
    found = unfit(caught.value)
    assert (found.key, found.values["place"]) == (key, place)
    assert place in RU(found.key, **found.values) or key == "unfit.json"


def test_every_code_has_its_words() -> None:
    for code, _ in WORDINGS:
        assert RU.known(f"unfit.{code}")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_problem_is_told_in_the_language_that_is_asked_for(tmp_path: Path, language: str) -> None:
    async with open_page(tmp_path) as p:
        browser = await p.browser("анна")
        headers: dict[str, Any] = {"x-csrf-token": await p.csrf(browser), "sec-fetch-site": "same-origin"}
        headers |= {"accept-language": language}
        answer = await browser.http.post("/admin/contacts", json={"name": 7}, headers=headers)
        problem = answer.json()
        assert answer.status_code == 422
        assert problem["detail"] == TEXTS[language]("unfit.type", place="name", wanted="str", got="int")
