"""The predecessor's files in every plausible shape, and in implausible ones."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.legacy.items import MAX_BODY, Haul
from secretaryd.legacy.read import MAX_DEPTH, READERS, read

HOURS = ("как вы работаете", "Ежедневно с 9 до 20.")


def haul(name: str, content: Any) -> Haul:
    raw = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return read({f"{name}.json": raw})


def entries(content: Any) -> list[tuple[str, str]]:
    return [(item.body["variants"][0], item.body["answer"]) for item in haul("typical_responses", content).items]


@pytest.mark.parametrize(
    "content",
    [
        {"Как вы работаете?": "Ежедневно с 9 до 20."},
        {"КАК ВЫ РАБОТАЕТЕ": ["Ежедневно  с 9 до 20."]},
        {"часы": {"Как вы работаете?": "Ежедневно с 9 до 20."}},
        {"responses": {"Как вы работаете?": "Ежедневно с 9 до 20."}},
        {"version": 1, "responses": [{"question": "Как вы работаете?", "answer": "Ежедневно с 9 до 20."}]},
        [{"question": "Как вы работаете?", "answer": "Ежедневно с 9 до 20."}],
        [{"q": ["Как вы работаете?", "как вы работаете"], "a": "Ежедневно с 9 до 20."}],
        [{"keywords": ["Как вы работаете"], "response": "Ежедневно с 9 до 20."}],
        [{"вопрос": "Как вы работаете?", "ответ": "Ежедневно с 9 до 20."}],
        {"Как вы работаете?": {"answer": "Ежедневно с 9 до 20."}},
    ],
)
def test_a_question_with_its_answer_is_found_in_many_shapes(content: Any) -> None:
    assert entries(content) == [HOURS]


def test_the_old_windows_encoding_is_read() -> None:
    raw = json.dumps({"Вопрос": "Ответ"}, ensure_ascii=False).encode("cp1251")
    assert entries(raw) == [("вопрос", "Ответ")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"?!": "да"}, "no question"),
        ({"вопрос": ""}, "no answer"),
        ({"вопрос": 7}, "no answer"),
        ([{"question": 5, "answer": "да"}], "no text"),
        ([{"answer": "да"}], "no question"),
        (["просто текст"], "no question"),
        ({"вопрос": ["первый", "второй"]}, "only the first of 2"),
        ({"а": "да", "А!": "нет"}, "twice"),
        ({"вопрос": "о" * (MAX_BODY + 1)}, "larger"),
    ],
)
def test_what_is_no_question_is_refused_with_its_reason(content: Any, why: str) -> None:
    refusals = haul("typical_responses", content).refusals
    assert any(why in each.why for each in refusals), refusals


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"7", "neither"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "too deep"),
        (b"\x98\xff", "not JSON"),
    ],
)
@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_none_is_refused_as_a_whole(name: str, raw: bytes, why: str) -> None:
    found = read({name: raw})
    assert found.items == []
    assert len(found.refusals) == 1
    assert why in found.refusals[0].why or "UTF-8" in found.refusals[0].why


def test_presets_keep_their_prompt_and_go_by_name() -> None:
    found = haul(
        "custom_presets", {"Строгая": "Отвечай строго.", "x": 7, "Добрая": {"system_prompt": "…", "temp": 0.5}}
    )
    assert [(item.key, item.kind) for item in found.items] == [("Строгая", "preset"), ("Добрая", "preset")]
    assert [each.key for each in found.refusals] == ["x"]
    listed = haul("custom_presets", [{"name": "А", "prompt": "…"}, {"prompt": "…"}])
    assert [item.key for item in listed.items] == ["А"]
    assert [each.why for each in listed.refusals] == ["it has no name"]


def test_tokens_go_to_the_secrets_and_are_only_named_elsewhere() -> None:
    config = {
        "bot_token": "123:canary",
        "enabled": True,
        "proxy": {"password": "canary-2"},
        "chats": [{"api_key": "canary-3"}],
    }
    found = haul("telegram_config", config)
    secrets = {item.key: item.body["value"] for item in found.items if item.kind == "secret"}
    assert secrets == {
        "telegram_bot_token": "123:canary",
        "telegram_proxy_password": "canary-2",
        "telegram_chats_0_api_key": "canary-3",
    }
    (kept,) = [item for item in found.items if item.kind == "telegram"]
    assert "canary" not in json.dumps(kept.body) + repr(found.items)
    assert kept.body["bot_token"] == {"secret": "telegram_bot_token"}
    assert kept.body["enabled"] is True


@pytest.mark.parametrize(
    "content",
    [
        {"42": [{"role": "user", "content": "Здравствуйте"}]},
        {"42": {"messages": [{"sender": "user", "text": "Здравствуйте", "timestamp": 5}], "started": 1}},
        {"sessions": [{"id": "42", "history": [{"role": "user", "content": "Здравствуйте"}]}]},
        [{"session_id": 42, "messages": [{"from": "user", "message": "Здравствуйте"}]}],
    ],
)
def test_chats_are_found_in_many_shapes(content: Any) -> None:
    (item,) = haul("chat_sessions", content).items
    assert (item.key, item.kind) == ("42", "chat")
    assert (item.body["messages"][0]["who"], item.body["messages"][0]["text"]) == ("user", "Здравствуйте")


def test_messages_that_are_none_are_counted() -> None:
    found = haul("chat_sessions", {"a": ["привет", 5, {"role": "user"}], "b": [], "c": "x", "d": [7]})
    assert [item.key for item in found.items] == ["a"]
    assert [(each.key, each.why.split(",")[0]) for each in found.refusals] == [
        ("a", "2 of its 3 messages are not understood"),
        ("b", "it holds no message"),
        ("c", "it has no messages"),
        ("d", "1 of its 1 messages are not understood"),
        ("d", "it holds no message"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(content=JSON, name=st.sampled_from(sorted(READERS)))
def test_nothing_that_is_json_makes_it_stumble(content: Any, name: str) -> None:
    first, second = (read({name: json.dumps(content).encode()}) for _ in range(2))
    assert [item.key for item in first.items] == [item.key for item in second.items]
    for item in first.items:
        json.dumps(item.body)


@given(raw=st.binary(max_size=60), name=st.sampled_from(sorted(READERS)))
def test_nothing_at_all_makes_it_stumble(raw: bytes, name: str) -> None:
    read({name: raw})
