"""The owner's edits: at work at once, refused whole, taken back, written down."""

import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from secretaryd.config.schema import Box, Call, Config
from secretaryd.owner.content import content_at_start
from secretaryd.owner.errors import NotWritten, Rejected, Stale, Unknown
from secretaryd.owner.files import KEPT, Change, OwnerFiles
from secretaryd.owner.keeper import Owner
from tests.fakes.owner_box import ANNA, OwnerScene

CARDS = {"id": "gift", "variants": ["есть ли подарочные карты"], "answer": "Карты есть на тысячу рублей.", "action": ""}


@pytest.fixture
def scene(tmp_path: Path) -> OwnerScene:
    return OwnerScene(tmp_path)


async def test_a_setting_is_written_and_in_force(scene: OwnerScene) -> None:
    done = await scene.owner.set_value(ANNA, "call.max_seconds", 300)
    assert (done.value, done.restart, done.hidden_by) == (300, (), "")
    assert scene.text("settings.toml") == "[call]\nmax_seconds = 300\n"
    assert scene.box.config.call.max_seconds == scene.owner.config.call.max_seconds == 300
    assert stat.S_IMODE((scene.folder / "settings.toml").stat().st_mode) == 0o644


async def test_comments_of_the_file_stay(scene: OwnerScene) -> None:
    (scene.folder / "settings.toml").write_text("# ours\n[call]\nrecord = true # by law\nmax_seconds = 60\n")
    await scene.owner.set_value(ANNA, "call.max_seconds", 90)
    await scene.owner.set_value(ANNA, "llm.pace", "30/8")
    text = scene.text("settings.toml") or ""
    assert "# ours" in text
    assert "record = true # by law" in text
    await scene.owner.unset_value(ANNA, "llm.pace")
    assert "llm" not in (scene.text("settings.toml") or "")


REFUSED = [
    ("call.max_secnods", 60, "did you mean 'call.max_seconds'"),
    ("call.max_seconds", 5, "must be 30 to 7200"),
    ("call.max_seconds", "60", "must be a whole number"),
    ("box.data_dir", "/x", "set it in the TOML file"),
    ("llm.node", [{"nam": "x"}], "did you mean 'name'"),
]


@pytest.mark.parametrize(("key", "value", "words"), REFUSED, ids=[key for key, _, _ in REFUSED])
async def test_a_setting_that_cannot_be_is_refused_and_nothing_changes(
    scene: OwnerScene, key: str, value: object, words: str
) -> None:
    with pytest.raises(Rejected) as caught:
        await scene.owner.set_value(ANNA, key, value)
    assert words in str(caught.value)
    assert scene.text("settings.toml") is None
    assert scene.audit.deeds == []
    assert scene.box.taken == 0


async def test_what_this_machine_lacks_a_program_for_is_refused_when_it_is_set(
    scene: OwnerScene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as bare:
        bare.setenv("PATH", str(tmp_path))
        with pytest.raises(Rejected, match="apt install lame"):
            await scene.owner.set_value(ANNA, "keep.format", "mp3")
    assert scene.text("settings.toml") is None
    assert (await scene.owner.set_value(ANNA, "keep.format", "mp3")).value == "mp3"


async def test_what_needs_a_restart_says_which_units(scene: OwnerScene) -> None:
    assert (await scene.owner.set_value(ANNA, "web.listen", "127.0.0.1:9000")).restart == ("secretary-web",)
    assert (await scene.owner.set_value(ANNA, "tts.voice", "/v.onnx")).restart == ("secretary-speech", "secretaryd")
    assert len((await scene.owner.set_value(ANNA, "logs.level", "debug")).restart) == 4


async def test_a_variable_that_hides_a_setting_is_named(tmp_path: Path) -> None:
    scene = OwnerScene(tmp_path, environ={"SECRETARYD__CALL__RECORD": "true"})
    done = await scene.owner.set_value(ANNA, "call.record", False)
    assert done.hidden_by == "SECRETARYD__CALL__RECORD"
    assert done.value is True


async def test_the_name_is_heard_at_once(scene: OwnerScene) -> None:
    await scene.owner.set_value(ANNA, "box.name", "Вера")
    assert scene.box.ladder.persona.name == "Вера"


async def test_a_question_is_answered_at_once_and_no_more_after_its_removal(scene: OwnerScene) -> None:
    assert "тысячу" not in scene.answer("есть ли подарочные карты")
    await scene.owner.save_entries(ANNA, [CARDS])
    assert scene.answer("скажите есть ли подарочные карты") == "Карты есть на тысячу рублей."
    assert next(each.origin for each in scene.owner.content.known if each.entry.id == "gift") == "own"
    await scene.owner.remove_entry(ANNA, "gift")
    assert "тысячу" not in scene.answer("есть ли подарочные карты")


async def test_a_general_question_is_replaced_then_switched_off_then_on_again(scene: OwnerScene) -> None:
    mine = {"id": "hours", "variants": ["график работы"], "answer": "Мы открыты всегда."}
    await scene.owner.save_entries(ANNA, [mine])
    assert scene.answer("график работы") == "Мы открыты всегда."
    await scene.owner.remove_entry(ANNA, "hours")
    assert "hours" not in {each.entry.id for each in scene.owner.content.known}
    assert 'off = ["hours"]' in (scene.text("faq.toml") or "")
    await scene.owner.save_entries(ANNA, [mine])
    assert scene.answer("график работы") == "Мы открыты всегда."
    assert "off" not in (scene.text("faq.toml") or "")


BAD_ENTRIES = [
    ({**CARDS, "variants": []}, "at least one wording"),
    ({**CARDS, "answer": "в {nowhere}"}, "unknown field {nowhere}"),
    ({**CARDS, "answer": "{"}, "a brace without its pair"),
    ({**CARDS, "action": "dial"}, "'dial' is unknown"),
    ({**CARDS, "id": ""}, "a text is needed"),
    ({**CARDS, "answer": "x" * 501}, "longer than 500"),
]


@pytest.mark.parametrize(("entry", "words"), BAD_ENTRIES, ids=[words for _, words in BAD_ENTRIES])
async def test_an_entry_that_cannot_be_is_refused_with_its_reason(scene: OwnerScene, entry: dict, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        await scene.owner.save_entries(ANNA, [entry])
    assert words in str(caught.value)
    assert scene.text("faq.toml") is None


async def test_a_fresh_entry_does_not_overwrite_another(scene: OwnerScene) -> None:
    with pytest.raises(Rejected, match="is there already"):
        await scene.owner.save_entries(ANNA, [{**CARDS, "id": "hours"}], fresh=True)


async def test_an_import_with_only_replaces_the_owners_entries(scene: OwnerScene) -> None:
    await scene.owner.save_entries(ANNA, [CARDS])
    await scene.owner.save_entries(ANNA, [{**CARDS, "id": "other"}], only=True)
    own = [each.entry.id for each in scene.owner.content.known if each.origin == "own"]
    assert own == ["other"]


async def test_a_fact_is_said_at_once_and_the_old_sentence_does_not_outlive_it(scene: OwnerScene) -> None:
    await scene.owner.save_fact(ANNA, {"topic": "hours", "value": "с 10 до 18"})
    assert "с 10 до 18" in scene.answer("график работы")
    fact = next(fact for fact in scene.owner.content.persona.facts if fact.topic == "hours")
    assert fact.say == "Часы работы: с 10 до 18."
    assert fact.keywords, "what was there stays"
    assert scene.owner.content.own
    assert scene.owner.content.persona.company == "Ромашка"
    await scene.owner.save_fact(ANNA, {"topic": "warranty", "value": "год", "label": "Гарантия"})
    await scene.owner.remove_fact(ANNA, "parking")
    topics = {fact.topic for fact in scene.owner.content.persona.facts}
    assert "warranty" in topics
    assert "parking" not in topics
    with pytest.raises(Unknown):
        await scene.owner.remove_fact(ANNA, "parking")
    with pytest.raises(Rejected, match="is unknown"):
        await scene.owner.save_fact(ANNA, {"topic": "astrology", "value": "x"})


async def test_the_owners_persona_keeps_what_the_configuration_named(tmp_path: Path) -> None:
    config = Config(box=Box(name="Вера", company="Лютик", data_dir=tmp_path), call=Call(greeting="Алло, {company}!"))
    scene = OwnerScene(tmp_path, config)
    await scene.owner.set_fields(ANNA, {"style": "Отвечай стихами."})
    persona = scene.owner.content.persona
    assert (persona.name, persona.company, persona.greeting) == ("Вера", "Лютик", "Алло, Лютик!")
    assert persona.style == "Отвечай стихами."
    with pytest.raises(Rejected, match="persona set name"):
        await scene.owner.set_value(ANNA, "box.name", "Анна")


async def test_another_ready_persona_is_taken_and_given_back(scene: OwnerScene) -> None:
    await scene.owner.use_persona(ANNA, "lidia")
    assert scene.owner.content.persona.name == "Лидия"
    await scene.owner.use_persona(ANNA, "")
    assert scene.owner.content.persona.name == "Гуля"
    assert not scene.owner.content.own
    for name in ("nobody", "../gulya", "personas/gulya"):
        with pytest.raises(Unknown):
            await scene.owner.use_persona(ANNA, name)


async def test_an_edit_of_the_whole_text_is_refused_where_another_came_between(scene: OwnerScene) -> None:
    text, version = await scene.owner.persona_text()
    await scene.owner.save_persona(ANNA, text.replace("Ромашка", "Лютик"), version)
    assert scene.owner.content.persona.company == "Лютик"
    with pytest.raises(Stale):
        await scene.owner.save_persona(ANNA, text, version)
    with pytest.raises(Rejected, match="unknown key"):
        await scene.owner.save_persona(ANNA, text.replace("company =", "compny ="))


EDITS: list[tuple[str, Callable[[Owner], Awaitable[object]]]] = [
    ("settings.toml", lambda owner: owner.set_value(ANNA, "call.record", False)),
    ("faq.toml", lambda owner: owner.save_entries(ANNA, [CARDS])),
    ("persona.toml", lambda owner: owner.save_fact(ANNA, {"topic": "hours", "value": "ночью"})),
    ("persona.toml", lambda owner: owner.use_persona(ANNA, "lidia")),
]


@pytest.mark.parametrize(("file", "edit"), EDITS, ids=["config", "faq", "fact", "persona"])
async def test_the_last_change_is_taken_back_and_out_of_force(
    scene: OwnerScene, file: str, edit: Callable[[Owner], Awaitable[object]]
) -> None:
    await edit(scene.owner)
    assert scene.text(file) is not None
    undone = await scene.owner.undo(ANNA)
    assert undone.file == file
    assert scene.text(file) is None
    assert scene.box.config.call.record
    assert scene.box.ladder.persona.name == "Гуля"
    assert "gift" not in {each.entry.id for each in scene.owner.content.known}
    assert scene.audit.deeds[-1]["what"] == "change.undone"
    with pytest.raises(Unknown):
        await scene.owner.undo(ANNA)


async def test_changes_are_taken_back_one_after_the_other(scene: OwnerScene) -> None:
    for seconds in (60, 70, 80):
        await scene.owner.set_value(ANNA, "call.max_seconds", seconds)
    await scene.owner.undo(ANNA)
    await scene.owner.undo(ANNA)
    assert scene.owner.config.call.max_seconds == 60
    await scene.owner.set_value(ANNA, "call.max_seconds", 90)
    assert [change.target for change in await scene.owner.history()] == ["call.max_seconds"] * 2


async def test_a_file_edited_by_hand_is_not_overwritten_by_undo(scene: OwnerScene) -> None:
    await scene.owner.set_value(ANNA, "call.max_seconds", 60)
    (scene.folder / "settings.toml").write_text("[call]\nmax_seconds = 61\n")
    with pytest.raises(Stale):
        await scene.owner.undo(ANNA)


def test_only_the_newest_changes_are_remembered(tmp_path: Path) -> None:
    files = OwnerFiles(tmp_path)
    for number in range(1, KEPT + 6):
        assert files.next_number() == number
        files.write("faq.toml", str(number), Change(number, 0.0, "x", "a.b", "", "faq.toml", None, ""))
    assert [change.number for change in files.history()] == list(range(KEPT + 5, 5, -1))
    assert files.read("faq.toml") == str(KEPT + 5)
    assert stat.S_IMODE((tmp_path / "faq.toml").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*.new"))


async def test_every_edit_is_written_down_with_what_went_and_came(scene: OwnerScene) -> None:
    await scene.owner.set_value(ANNA, "call.max_seconds", 60)
    await scene.owner.set_value(ANNA, "call.max_seconds", 70)
    deed = scene.audit.deeds[-1]
    assert (deed["who"], deed["where"], deed["what"], deed["target"]) == (
        "user anna",
        "web",
        "config.set",
        "call.max_seconds",
    )
    assert deed["before"]["lines"] == ["max_seconds = 60"]
    assert deed["after"]["lines"] == ["max_seconds = 70"]
    long = [{**CARDS, "id": f"e{n}", "answer": "д" * 500} for n in range(60)]
    await scene.owner.save_entries(ANNA, long)
    assert len(json.dumps(scene.audit.deeds[-1])) < 64 * 1024


async def test_an_edit_that_changes_nothing_is_no_edit(scene: OwnerScene) -> None:
    await scene.owner.save_entries(ANNA, [CARDS])
    await scene.owner.save_entries(ANNA, [CARDS])
    assert len(scene.audit.deeds) == 1


async def test_a_disk_that_refuses_leaves_everything_as_it_was(scene: OwnerScene) -> None:
    (scene.folder / "undo").write_text("in the way")
    with pytest.raises(NotWritten):
        await scene.owner.set_value(ANNA, "call.max_seconds", 60)
    assert scene.text("settings.toml") is None
    assert scene.owner.config.call.max_seconds == 600
    assert scene.box.taken == 0


@pytest.mark.parametrize("name", ["persona.toml", "faq.toml"])
@pytest.mark.parametrize("text", ["[ru", "[ru]\nx = 1\n", "\xff", "ru = 5\n"])
def test_a_file_that_was_broken_by_hand_does_not_make_the_box_deaf(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    content = content_at_start(Config(box=Box(data_dir=tmp_path)))
    assert content.persona.name == "Гуля"
    assert any(name in trouble for trouble in content.trouble)
    assert any(each.entry.id == "hours" for each in content.known)


async def test_the_broken_faq_is_mended_by_an_edit_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "faq.toml").write_text("[ru\n")
    scene = OwnerScene(tmp_path)
    with pytest.raises(Rejected, match="is not TOML"):
        await scene.owner.save_entries(ANNA, [CARDS])
    assert scene.text("faq.toml") == "[ru\n"


async def test_a_toml_broken_meanwhile_does_not_keep_the_owner_from_his_answers(scene: OwnerScene) -> None:
    (scene.folder / "secretaryd.toml").write_text("[box\n")
    await scene.owner.save_entries(ANNA, [CARDS])
    assert "тысячу" in scene.answer("есть ли подарочные карты")
    with pytest.raises(Rejected):
        await scene.owner.set_value(ANNA, "call.max_seconds", 60)
