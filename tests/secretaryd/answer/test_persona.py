"""Personas and templates: what is read, and every mistake at once."""

from datetime import datetime
from pathlib import Path

import pytest

from secretaryd.answer.errors import BadContent
from secretaryd.answer.persona import (
    LANGUAGES,
    faq_entries,
    load_persona,
    load_questions,
    persona_for,
    ready_personas,
)
from secretaryd.answer.template import FIELDS, clock_values, parse_template

NOW = datetime(2026, 11, 22, 9, 5)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ready_personas())
def test_a_ready_persona_is_whole_in_every_language(name: str, language: str) -> None:
    persona = persona_for(name, language=language)
    assert persona.id == name
    assert {"hours", "address", "delivery", "payment", "directions"} <= {fact.topic for fact in persona.facts}
    assert persona.name in persona.greeting
    assert persona.company in persona.greeting
    values = persona.values | clock_values(NOW, language) | {"last_said": "x"}
    entries = faq_entries(persona, load_questions(language))
    assert len(entries) >= 15
    for entry in entries:
        text = entry.answer.fill(values)
        assert "{" not in text
        assert ".." not in text


@pytest.mark.parametrize(
    ("name", "persona_id", "shown"),
    [
        ("", "gulya", "Гуля"),
        ("Гуля", "gulya", "Гуля"),
        ("лидия", "lidia", "Лидия"),
        ("lidia", "lidia", "Лидия"),
        ("Марина", "gulya", "Марина"),
    ],
)
def test_a_name_chooses_the_persona(name: str, persona_id: str, shown: str) -> None:
    persona = persona_for(name)
    assert (persona.id, persona.name) == (persona_id, shown)


def test_company_and_greeting_of_the_configuration_win() -> None:
    persona = persona_for("Марина", "Окна", "Алло, это {name} из «{company}»")
    assert persona.greeting == "Алло, это Марина из «Окна»"
    assert persona_for("", "Окна").greeting == "Здравствуйте! Компания «Окна», секретарь Гуля. Слушаю вас."


def test_a_russian_name_finds_the_persona_for_english_callers() -> None:
    assert persona_for("Лидия", language="en").name == "Lydia"


@pytest.mark.parametrize("greeting", ["{name", "{nobody}", "{current_time}", "}"])
def test_a_bad_greeting_is_an_error(greeting: str) -> None:
    with pytest.raises(BadContent, match="greeting"):
        persona_for("", "", greeting)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("""
[ru]
name = 5
company = ""
greting = "x"
[[ru.fact]]
topic = "hour"
label = "Часы"
[[ru.fact]]
topic = "address"
label = "Адрес"
value = "x"
[[ru.fact]]
topic = "address"
label = "Адрес"
value = "y"
[[ru.faq]]
id = "a"
variants = []
answer = "{nobody}"
action = "explode"
""")
    with pytest.raises(BadContent) as caught:
        load_persona(path, "ru")
    told = "\n".join(caught.value.problems)
    for expected in (
        "ru.name: must be a text", "ru.company: a text is needed", "ru.greting: unknown key", "'hour' is unknown",
        "fact 1: value: a text is needed", "fact 3: topic: 'address' stands twice", "faq 1: variants",
        "unknown field {nobody}", "'explode' is unknown", "ru.greeting",
    ):  # fmt: skip
        assert expected in told
    assert all(problem.startswith("bad.toml: ") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[ru", "not TOML"),
        ("", "has no"),
        ("ru = 5", "has no"),
        ("[ru]\nfact = 5\nname='a'\ncompany='b'\ngreeting='c'", "[[fact]]"),
    ],
)
def test_files_that_are_something_else_are_told(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "x.toml").write_text(content)
    with pytest.raises(BadContent) as caught:
        load_persona(tmp_path / "x.toml", "ru")
    assert said in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadContent, match="cannot be read"):
        load_questions("ru", tmp_path / "none.toml")


def test_an_entry_without_its_fact_is_left_out_and_an_own_entry_wins(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("""
[ru]
name = "А"
company = "Б"
greeting = "В"
[[ru.fact]]
topic = "hours"
label = "Часы"
value = "всегда"
[[ru.faq]]
id = "hours"
variants = ["когда"]
answer = "Всегда, {hours}!"
""")
    entries = faq_entries(load_persona(path, "ru"), load_questions("ru"))
    ids = [entry.id for entry in entries]
    assert ids[0] == "hours"
    assert ids.count("hours") == 1
    assert "address" not in ids
    assert "time" in ids


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Сейчас {current_time}.", "Сейчас 09:05."),
        ("Сегодня {weekday}, {current_date}.", "Сегодня воскресенье, 22 ноября."),
        ("без полей", "без полей"),
        ("100 % {name}", "100 % Гуля"),
    ],
)
def test_templates_are_filled(text: str, filled: str) -> None:
    assert parse_template(text).fill(clock_values(NOW, "ru") | {"name": "Гуля"}) == filled


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{{name}}", "{name.__class__}", "{0}", "{name!r}", "{unknown}", "a}b{c"]
)
def test_only_known_fields_stand_in_templates(text: str) -> None:
    with pytest.raises(ValueError, match=r"field|brace"):
        parse_template(text)


def test_what_fills_a_field_is_never_a_template_itself() -> None:
    assert parse_template("{last_said}").fill({"last_said": "{name} %s {0}"}) == "{name} %s {0}"
    assert "last_said" in FIELDS


def test_english_dates() -> None:
    assert clock_values(NOW, "en") == {"current_time": "09:05", "current_date": "November 22", "weekday": "Sunday"}
