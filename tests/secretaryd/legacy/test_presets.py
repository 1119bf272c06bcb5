"""What of a preset a persona can be, and what is left over."""

from typing import Any

import pytest

from secretaryd.answer.persona import MAX_CHARS
from secretaryd.legacy.presets import preset_of

PRESETS: list[tuple[dict[str, Any], dict[str, str], tuple[str, ...]]] = [
    ({"prompt": "Отвечай  строго.\n"}, {"style": "Отвечай строго."}, ()),
    ({"name": "А", "system_prompt": "Б", "prompt": "В"}, {"style": "Б"}, ("prompt",)),
    ({"greeting": "Это {name}!"}, {"greeting": "Это {name}!"}, ()),
    ({"greeting": "Это {user}!", "style": "Кратко."}, {"style": "Кратко."}, ("greeting",)),
    ({"greeting": "Это {", "assistant_name": "Вера"}, {"name": "Вера"}, ("greeting",)),
    ({"company": "Рога", "model": "x", "prompt": 7}, {"company": "Рога"}, ("model", "prompt")),
    ({}, {}, ()),
]


@pytest.mark.parametrize(("body", "fields", "unused"), PRESETS)
def test_a_preset_is_a_persona_as_far_as_it_goes(
    body: dict[str, Any], fields: dict[str, str], unused: tuple[str, ...]
) -> None:
    found = preset_of("Ключ", body)
    assert (found.fields, found.unused, found.shortened) == (fields, unused, ())


@pytest.mark.parametrize(("text", "end"), [("Слово слово. ", "слово."), ("слово ", "слово"), ("я" * 3, "яяя")])
def test_a_long_prompt_is_cut_where_something_ends(text: str, end: str) -> None:
    found = preset_of("Ключ", {"prompt": text * 300})
    assert len(found.fields["style"]) <= MAX_CHARS
    assert found.fields["style"].endswith(end) or "я" in text
    assert found.shortened == ("style",)
