"""secretaryctl import legacy: dry run, import, and the same again."""

import json
from pathlib import Path

import pytest

from tests.secretaryd.cli.conftest import Box, Ctl

FILES = {
    "typical_responses.json": {"Есть ли у вас подарочные карты?": "Да, есть.", "плохой": "{nonsense}"},
    "custom_presets.json": {
        "Строгая": "Отвечай строго.",
        "Добрая Вера": {
            "system_prompt": "Будь добра. " * 60,
            "greeting": "Добрый день, {company}!",
            "temperature": 0.5,
        },
        "Пустая": {"temperature": 1},
    },
    "widget_config.json": {"color": "#ff0000", "api_key": "canary-widget"},
    "telegram_config.json": {"bot_token": "123:canary-telegram", "chat_id": 5},
    "chat_sessions.json": {"s1": [{"role": "user", "content": "Здравствуйте"}]},
}


@pytest.fixture
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    for name, content in FILES.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False))
    return folder


def test_everything_is_reported_taken_over_once_and_the_same_again(box: Box, ctl: Ctl, old: Path) -> None:
    looked = ctl("import", "legacy", str(old), "--dry-run", "--json").json
    assert looked["counts"] == {"imported": 5, "kept": 4, "refused": 1}
    assert box.storage.secrets.list() == ()
    assert box.do(box.storage.imported.list("chat")) == ()

    done = ctl("import", "legacy", str(old))
    assert done.code == 0
    assert "canary" not in done.out + done.err
    assert "5 imported, 4 kept" in done.out.replace("\n", " ") or "4 kept" in done.out
    assert "Telegram пока нет" in done.out
    assert "виджета на сайте пока нет" in done.out
    assert "ничто им пока не пользуется" in done.out
    assert box.storage.secrets.get("telegram_bot_token") == "123:canary-telegram"
    assert box.storage.secrets.get("widget_api_key") == "canary-widget"
    (chat,) = box.do(box.storage.imported.list("chat"))
    assert chat.body["messages"] == [{"who": "user", "text": "Здравствуйте"}]
    assert box.do(box.storage.imported.list("preset"))[0].key == "Строгая"
    listed = ctl("faq", "list", "--own", "--json").json
    assert "Да, есть." in json.dumps(listed, ensure_ascii=False)

    again = ctl("import", "legacy", str(old), "--json").json
    assert again["counts"] == {"same": 9, "refused": 1}
    assert "nonsense" in next(line["why"] for line in again["entries"] if line["state"] == "refused")


def test_what_has_changed_is_replaced_but_a_secret_never(box: Box, ctl: Ctl, old: Path) -> None:
    ctl("import", "legacy", str(old))
    (old / "typical_responses.json").write_text(json.dumps({"Есть ли у вас подарочные карты?": "Кончились."}))
    (old / "telegram_config.json").write_text(json.dumps({"bot_token": "other", "chat_id": 5}))
    states = {line["key"]: line for line in ctl("import", "legacy", str(old), "--json").json["entries"]}
    assert states["Есть ли у вас подарочные карты?"]["state"] == "replaced"
    assert states["telegram_bot_token"]["state"] == "refused"
    assert "secretaryctl secrets remove telegram_bot_token" in states["telegram_bot_token"]["why"]
    assert box.storage.secrets.get("telegram_bot_token") == "123:canary-telegram"


def test_tokens_are_nowhere_but_in_the_secrets(box: Box, ctl: Ctl, old: Path, tmp_path: Path) -> None:
    ctl("import", "legacy", str(old))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"canary" not in kept


def test_a_folder_without_them_is_told(box: Box, ctl: Ctl, tmp_path: Path) -> None:
    refused = ctl("import", "legacy", str(tmp_path / "none"))
    assert (refused.code, "typical_responses.json" in refused.err) == (2, True)


def test_a_preset_becomes_the_persona_and_is_taken_back(box: Box, ctl: Ctl, old: Path) -> None:
    assert "No presets" in ctl("import", "preset").out
    entries = {line["key"]: line for line in ctl("import", "legacy", str(old), "--json").json["entries"]}
    assert "secretaryctl import preset 'Добрая Вера'" in entries["Добрая Вера"]["why"]
    assert "не используется: temperature" in entries["Добрая Вера"]["why"]
    assert (entries["Пустая"]["state"], "персоной не станет" in entries["Пустая"]["why"]) == ("kept", True)
    listed = {preset["key"]: preset for preset in ctl("import", "preset", "--json").json["presets"]}
    assert listed["Добрая Вера"]["shortened"] == ["style"]
    assert len(listed["Добрая Вера"]["fields"]["style"]) <= 500
    assert "Отвечай строго." in ctl("import", "preset").out
    before = ctl("persona", "show", "--json").json
    used = ctl("import", "preset", "Добрая Вера")
    assert (used.code, "secretaryctl undo" in used.out) == (0, True)
    after = ctl("persona", "show", "--json").json
    assert after["style"].startswith("Будь добра. Будь добра.")
    assert after["greeting"] == f"Добрый день, {before['company']}!"
    assert (after["name"], after["facts"]) == (before["name"], before["facts"])
    ctl("undo")
    assert ctl("persona", "show", "--json").json["style"] == before["style"]
    refused = ctl("import", "preset", "Никакая")
    assert (refused.code, "Никакая" in refused.err) == (1, True)
    assert ctl("import", "preset", "Пустая").code == 1
