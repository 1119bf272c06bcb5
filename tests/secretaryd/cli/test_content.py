"""secretaryctl config, faq, persona, undo against a real control socket and real files."""

import json
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An editor that replaces one text by another."""

    def make(old: str, new: str) -> None:
        script = tmp_path / "editor.sh"
        script.write_text(f'#!/bin/sh\nsed -i "s/{old}/{new}/" "$1"\n')
        script.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(script))
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    return make


def test_a_setting_is_set_shown_got_and_unset(box, ctl) -> None:
    ran = ctl("config", "set", "call.max_seconds", "300")
    assert (ran.code, "from the next call on" in ran.out) == (0, True)
    assert ctl("config", "get", "call.max_seconds").out.strip() == "300"
    assert ctl("config", "show", "call", "--json").json["config"]["call"]["max_seconds"] == 300
    assert "max_seconds = 300" in ctl("config", "show").out
    assert ctl("config", "unset", "call.max_seconds", "--json").json["value"] == 600
    assert ctl("config", "get", "box.name").out.strip() == "Гуля"


def test_what_needs_a_restart_says_what_to_type(box, ctl) -> None:
    ran = ctl("config", "set", "web.listen", "127.0.0.1:9000")
    assert "secretaryctl restart --needed (secretary-web)" in ran.out


def test_services_are_started_anew_by_name_or_by_need(box, ctl) -> None:
    assert "nothing waits" in ctl("restart", "--needed").out
    ctl("config", "set", "web.listen", "127.0.0.1:9000")
    assert ctl("restart", "--needed", "--json").json["asked"] == ["secretary-web"]
    assert ctl("restart", "llm", "--json").json["asked"] == ["secretary-llm", "secretary-web"]
    box.calls.busy = True
    ran = ctl("restart")
    assert "when the call is over: secretaryd, secretary-speech" in ran.out
    with pytest.raises(SystemExit, match="2"):
        ctl("restart", "sshd")


REFUSED = [
    (("config", "set", "call.max_secnods", "300"), 1, "похоже на «call.max_seconds»"),
    (("config", "set", "call.max_seconds", "ten"), 1, "целое число, а не 'ten'"),
    (("config", "unset", "call.record"), 1, "не задано"),
    (("config", "get", "call.recrod"), 2, "did you mean 'call.record'"),
    (("config", "show", "cal"), 2, "did you mean 'call'"),
    (("faq", "remove", "nothing"), 1, "nothing"),
    (("faq", "edit", "nothing", "-a", "x"), 1, "nothing"),
    (("faq", "edit", "hours"), 2, "nothing to change"),
    (("faq", "add", "hours", "-q", "x", "-a", "y"), 1, "«hours» уже есть"),
    (("faq", "add", "x", "-q", "x", "-a", "{z}"), 1, "поля {z} нет"),
    (("faq", "import", "/nonexistent.csv"), 2, "No such file"),
    (("persona", "use", "nobody"), 1, "nobody"),
    (("persona", "facts", "set", "astrology", "x"), 1, "«astrology» неизвестно"),
    (("persona", "facts", "remove", "warranty"), 1, "warranty"),
    (("persona", "save", "/nonexistent.toml"), 2, "No such file"),
    (("undo",), 1, "Отменять нечего"),
]


@pytest.mark.parametrize(("words", "code", "text"), REFUSED, ids=[" ".join(words) for words, _, _ in REFUSED])
def test_what_cannot_be_is_said_in_words(box, ctl, words: tuple[str, ...], code: int, text: str) -> None:
    ran = ctl(*words)
    assert ran.code == code
    assert text in ran.err


def test_a_question_is_added_tested_edited_removed_and_taken_back(box, ctl) -> None:
    assert ctl("faq", "add", "gift", "-q", "есть ли подарочные карты", "-a", "Есть за {hours}.").code == 0
    tested = ctl("faq", "test", "есть", "ли", "подарочные", "карты", "--json").json
    assert (tested["faq"], tested["how"], tested["score"]) == ("gift", "exact", 100.0)
    assert tested["answer"].startswith("Есть за ежедневно")
    ctl("faq", "edit", "gift", "-a", "Нет.")
    shown = ctl("faq", "test", "есть ли подарочные карты")
    assert "answer:   Нет." in shown.out
    assert [entry["id"] for entry in ctl("faq", "list", "--own", "--json").json["entries"]] == ["gift"]
    ctl("faq", "remove", "gift")
    assert ctl("faq", "list", "--own", "--json").json["entries"] == []
    assert "taken back: faq.removed gift" in ctl("undo").out
    assert [change["target"] for change in ctl("changes", "--json").json["changes"]] == ["gift", "gift"]
    assert "faq.saved" in ctl("changes").out


def test_questions_go_out_to_a_spreadsheet_and_come_back(box, ctl, tmp_path: Path) -> None:
    ctl("faq", "add", "evil", "-q", "=1+1", "-a", "@SUM(A1)")
    out = ctl("faq", "export").out
    assert "'=1+1" in out
    assert "'@SUM(A1)" in out
    (tmp_path / "faq.csv").write_text(out, "utf-8")
    ctl("faq", "remove", "evil")
    assert "taken over: 1" in ctl("faq", "import", str(tmp_path / "faq.csv")).out
    (entry,) = json.loads(ctl("faq", "export", "--format", "json").out)
    assert (entry["variants"], entry["answer"]) == (["=1+1"], "@SUM(A1)")
    assert len(json.loads(ctl("faq", "export", "--all", "--json").out)) > 5


def test_a_bad_file_is_refused_whole_with_every_reason(box, ctl, tmp_path: Path) -> None:
    bad = [{"id": "a", "variants": "x", "answer": "y"}, {"id": "b", "variants": [1], "answer": 2}]
    (tmp_path / "faq.json").write_text(json.dumps(bad))
    ran = ctl("faq", "import", str(tmp_path / "faq.json"))
    assert ran.code == 2
    assert "entry 2: variants must be texts" in ran.err
    assert "entry 2: answer must be a text" in ran.err


def test_a_fact_is_set_and_heard(box, ctl) -> None:
    ctl("persona", "facts", "set", "hours", "с 10 до 18", "--say", "Мы открыты с 10 до 18.")
    assert ctl("faq", "test", "график работы", "--json").json["answer"] == "Мы работаем с 10 до 18."
    facts = {fact["topic"]: fact for fact in ctl("persona", "facts", "--json").json["facts"]}
    assert facts["hours"]["say"] == "Мы открыты с 10 до 18."
    ctl("persona", "facts", "remove", "parking")
    assert "parking" not in ctl("persona", "facts", "list").out
    assert "warranty" in ctl("persona", "facts", "topics").out


def test_the_persona_is_named_used_and_shown(box, ctl) -> None:
    assert "▶ gulya" in ctl("persona", "list").out
    assert "company = Лютик" in ctl("persona", "set", "company", "Лютик").out
    assert "Лютик" in ctl("persona", "show").out
    assert "your own" in ctl("persona", "list").out
    assert ctl("persona", "use", "lidia", "--json").json["name"] == "Лидия"
    ctl("persona", "use")
    assert ctl("persona", "show", "--json").json["own"] is False


def test_the_persona_is_edited_in_the_owners_editor(box, ctl, editor) -> None:
    editor("Ромашка", "Лютик")
    assert "from the next call on" in ctl("persona", "edit").out
    assert ctl("persona", "show", "--json").json["company"] == "Лютик"
    editor("nothing like this", "x")
    assert "nothing was changed" in ctl("persona", "edit").out


def test_a_text_that_was_refused_is_not_lost(box, ctl, editor, tmp_path: Path) -> None:
    editor("company =", "compny =")
    ran = ctl("persona", "edit")
    assert ran.code == 1
    assert "ru.compny: такого ключа нет" in ran.err
    (kept,) = tmp_path.glob("persona-*.toml")
    assert str(kept) in ran.err.replace("\n", "")
    text = kept.read_text("utf-8").replace("compny", "company").replace("Ромашка", "Лютик")
    kept.write_text(text, "utf-8")
    assert ctl("persona", "save", str(kept)).code == 0
    assert ctl("persona", "show", "--text").out == text


def test_an_editor_that_is_not_there_is_told(box, ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "/nonexistent/editor")
    ran = ctl("persona", "edit")
    assert ran.code == 3
    assert "set EDITOR" in ran.err


def test_files_of_the_owner_are_closed_to_others(box, ctl, tmp_path: Path) -> None:
    ctl("faq", "add", "gift", "-q", "карты", "-a", "Есть.")
    ctl("persona", "set", "company", "Лютик")
    for name in ("faq.toml", "persona.toml"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
