"""secretaryctl doctor with the box up, down, and with a broken configuration."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from secretaryd.cli.context import Context
from secretaryd.cli.doctor import SILENT, configured


def by_name(ran) -> dict:
    return {check["name"]: check for check in ran.json["checks"]}


def test_the_box_is_away_and_the_doctor_works(ctl) -> None:
    ran = ctl("doctor", "--json")
    assert ran.code == 1
    found = by_name(ran)
    assert found["box.answers"]["level"] == "error"
    assert found["speech.up"]["level"] == "skipped"
    assert found["box.answers"]["cause"] == "secretaryd не отвечает."
    assert "systemctl start" in found["box.answers"]["remedy"]


def test_a_box_that_is_up_is_asked(box, ctl) -> None:
    box.keep()
    found = by_name(ctl("doctor", "--json"))
    assert found["box.answers"]["level"] == "ok"
    assert found["speech.up"]["level"] == "ok"
    assert found["network.signal"]["detail"] == "-77 dBm"


def test_a_broken_configuration_is_a_finding(ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETARYD__BOX__NMAE", "x")
    ran = ctl("doctor", "config", "--json")
    assert ran.code == 1
    assert "did you mean 'name'" in by_name(ran)["config.valid"]["detail"]


def test_fix_mends_and_looks_again(box, ctl, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "call.json").write_text("{}")
    (tmp_path / "call.json").chmod(0o644)
    found = by_name(ctl("doctor", "data", "--json"))
    assert found["data.private"]["level"] == "warning"
    assert found["data.private"]["fixable"]
    mended = by_name(ctl("doctor", "data", "--fix", "--json"))["data.private"]
    assert mended["level"] == "ok"
    assert any("chmod 0640" in done and "call.json" in done for done in mended["done"])
    assert (tmp_path / "call.json").stat().st_mode & 0o777 == 0o640


def test_people_see_cause_and_remedy_and_a_summary(ctl) -> None:
    ran = ctl("doctor")
    assert ran.code == 1
    assert "✗ Служба" in ran.out
    assert "→ sudo systemctl start secretary.target" in ran.out
    assert "Проверок:" in ran.out


def test_names_choose_checks_and_an_unknown_one_is_told(ctl) -> None:
    assert {check["name"].split(".")[0] for check in ctl("doctor", "disk", "--json").json["checks"]} == {"disk"}
    ran = ctl("doctor", "dsik")
    assert ran.code == 2
    assert "doctor --list" in ran.err
    assert "modem.port" in ctl("doctor", "--list").out


def test_calls_that_were_kept_are_looked_through_for_silence(box, ctl) -> None:
    box.keep()
    assert by_name(ctl("doctor", "sound", "--json"))["sound.gate"]["level"] == "ok"

    async def silent() -> None:
        call = await box.storage.begin("line1", "in", None, "withheld", 1.0)
        await box.storage.finish(call.id, 2.0, "failed", SILENT, "", 0.0)

    box.do(silent())
    assert by_name(ctl("doctor", "sound", "--json"))["sound.gate"]["detail"] == "1"


def test_a_box_started_from_this_folder_is_looked_at_where_it_keeps_its_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "control.sock").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SECRETARYD__CONTROL__SOCKET", raising=False)
    context = Context(Console(), Console(stderr=True), None, None, as_json=False)
    here, errors = configured(context)
    assert (here.box.data_dir, here.control.socket) == (tmp_path / ".run" / "data", tmp_path / ".run" / "control.sock")
    assert not errors
    elsewhere, _ = configured(replace(context, socket=tmp_path / "other.sock"))
    assert elsewhere.box.data_dir != here.box.data_dir
