"""The facts as they are found on a machine made of folders, and the orders as they are carried out."""

import sqlite3
from pathlib import Path

import pytest

from secretaryd.config.schema import Box, Config, Llm, LlmNode, Modem, Stt, Web
from secretaryd.doctor import gather, host
from secretaryd.doctor.check import Chmod, Finding, Remove, Run, Wrong
from secretaryd.doctor.fix import FixFailed, apply, mend
from secretaryd.doctor.gather import Around
from secretaryd.doctor.run import CHECKS

SHOWN = """\
Result=watchdog
WatchdogUSec=0
NRestarts=7
LoadState=loaded
ActiveState=failed
DropInPaths=/etc/systemd/system/secretaryd.service.d/a.conf /run/b.conf
UnitFileState=enabled
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    (data / "recordings" / "2026-11-22").mkdir(parents=True)
    data.chmod(0o700)
    return data


def config_of(folder: Path, **more: object) -> Config:
    return Config(box=Box(data_dir=folder), **more)  # type: ignore[arg-type]


def test_a_missing_data_folder_is_a_fact_with_the_disk_below_it(tmp_path: Path) -> None:
    found = gather.data(config_of(tmp_path / "none" / "deeper"))
    assert not found.exists
    assert found.total_bytes > found.free_bytes > 0


def test_files_that_others_may_read_are_found_but_those_meant_for_the_engines(folder: Path) -> None:
    for name, mode in (("secretary.db", 0o644), ("last-good.toml", 0o644), ("settings.toml", 0o644), ("x.json", 0o640)):
        (folder / name).write_text("")
        (folder / name).chmod(mode)
    (folder / "models").mkdir()
    (folder / "models" / "m.gguf").write_text("")
    (folder / "models" / "m.gguf").chmod(0o644)
    wav = folder / "recordings" / "2026-11-22" / "call.wav"
    wav.write_bytes(b"")
    wav.chmod(0o604)
    found = gather.data(config_of(folder))
    assert {entry.path.name for entry in found.loose} == {"secretary.db", "call.wav"}
    assert found.calls_kept


def test_a_damaged_database_is_told_and_a_sound_one_is_not(folder: Path) -> None:
    path = folder / "secretary.db"
    assert gather.data(config_of(folder)).database is None
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [("слово " * 50,) for _ in range(500)])
    database.close()
    assert gather.data(config_of(folder)).database == ""
    raw = bytearray(path.read_bytes())
    raw[4096 : 3 * 4096] = b"\xff" * 8192
    path.write_bytes(raw)
    assert gather.data(config_of(folder)).database
    path.write_bytes(b"no database at all" * 100)
    assert "not a database" in (gather.data(config_of(folder)).database or "")


def test_leftovers_backups_and_set_aside_databases_are_found(folder: Path) -> None:
    (folder / "models" / ".partial" / "m").mkdir(parents=True)
    (folder / "models" / ".partial" / "m" / "part").write_bytes(b"x" * 1000)
    (folder / "secretary.db.damaged-20261122").write_text("")
    (folder / "backups").mkdir()
    (folder / "backups" / "b.tar").write_text("")
    found = gather.data(config_of(folder))
    assert found.leftovers == ((folder / "models" / ".partial", 1000),)
    assert found.set_aside == ("secretary.db.damaged-20261122",)
    assert found.newest_backup is not None


def test_models_that_are_not_there_are_told_and_starters_known(folder: Path) -> None:
    found = {m.setting: m for m in gather.models(config_of(folder, stt=Stt(model="vosk-nowhere")), full=True)}
    assert "vosk-nowhere" in found["stt.model"].trouble
    assert found["tts.voice"].starter
    assert gather.models(config_of(folder, llm=Llm(model="")), full=False)[2].value == ""


def test_secret_files_are_listed_with_their_modes(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("1234")
    pin.chmod(0o640)
    node = LlmNode("office", "http://x", api_key_file=str(tmp_path / "key"))
    config = config_of(tmp_path, modem=Modem(sim_pin_file=str(pin)), llm=Llm(node=(node,)))
    found = gather.configuration(tmp_path / "secretaryd.toml", config, ("wrong",))
    assert [(key, mode) for key, _, mode in found.secret_files] == [
        ("modem.sim_pin_file", 0o640),
        ("llm.node office", None),
    ]
    assert found.file_mode is None
    assert found.errors == ("wrong",)


def usb(root: Path) -> None:
    device = root / "sys/bus/usb/devices/1-1"
    for number in (2, 4):
        tty = device / f"1-1:1.{number}" / f"ttyUSB{number}"
        tty.mkdir(parents=True)
        (tty.parent / "bInterfaceNumber").write_text(f"{number:02x}\n")
    (device / "idVendor").write_text("1e0e\n")
    (device / "idProduct").write_text("9001\n")
    (root / "sys/module/option").mkdir(parents=True)
    (root / "dev").mkdir()
    for number in (2, 4):
        (root / f"dev/ttyUSB{number}").write_text("")


def test_a_modem_on_the_bus_is_found_with_its_driver_and_rules(tmp_path: Path) -> None:
    usb(tmp_path)
    rules = tmp_path / "etc/udev/rules.d"
    rules.mkdir(parents=True)
    (rules / gather.RULES_FILE).write_text("")
    found = gather.hardware(Config(), Around(tmp_path), manager=True)
    assert (found.usb, found.driver, found.rules, found.modem_manager) == (1, True, True, True)
    assert (found.at, found.pcm) == (tmp_path / "dev/ttyUSB2", tmp_path / "dev/ttyUSB4")
    assert found.at_usable


def test_no_modem_is_told_with_what_was_looked_for(tmp_path: Path) -> None:
    found = gather.hardware(Config(), Around(tmp_path), manager=False)
    assert found.at is None
    assert not found.driver
    assert "1e0e" in found.trouble


def test_the_rules_file_is_the_one_that_is_shipped() -> None:
    assert (Path(__file__).parents[3] / "etc/systemd/udev" / gather.RULES_FILE).exists()


def test_nobody_at_the_page_and_nobody_at_the_sockets(tmp_path: Path) -> None:
    config = config_of(tmp_path, web=Web(listen="127.0.0.1:1"))
    assert not gather.page_answers(config)
    assert not any(each.answers for each in gather.sockets(config).values())


def test_a_unit_is_read_from_systemctl() -> None:
    unit = host.unit_of("secretaryd", SHOWN)
    assert (unit.loaded, unit.active, unit.enabled, unit.restarts) == (True, "failed", True, 7)
    assert (unit.result, unit.watchdog_seconds, len(unit.drop_ins)) == ("watchdog", 0.0, 2)
    assert not host.unit_of("x", "").loaded
    assert host.units(lambda *_: None) == ()


def test_a_raspberry_pi_tells_heat_memory_and_power(tmp_path: Path) -> None:
    for name, text in {
        "proc/meminfo": "MemTotal:  4000 kB\nMemAvailable:  1000 kB\n",
        "sys/class/thermal/thermal_zone0/temp": "61500\n",
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "run/systemd/system/x": "",
        "sys/fs/cgroup/cgroup.controllers": "cpu io memory pids\n",
        "etc/systemd/journald.conf.d/50-secretary.conf": "[Journal]\nSystemMaxUse=200M\n",
        "var/log/journal/abc/system.journal": "x" * 100,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    told = {"vcgencmd": "throttled=0x50005\n", "timedatectl": "no\n"}
    found = host.machine(Around(tmp_path), lambda *command: told[command[0]])
    assert (found.memory_total, found.memory_available) == (4000 * 1024, 1000 * 1024)
    assert (found.temperature, found.throttled, found.clock_synchronised) == (61.5, 0x50005, False)
    assert (found.memory_cgroup, found.journal_limited, found.journal_bytes) == (True, True, 100)


def test_a_machine_that_tells_nothing_is_no_reason_to_fail(tmp_path: Path) -> None:
    found = host.machine(Around(tmp_path), lambda *_: None)
    assert (found.temperature, found.throttled, found.systemd, found.memory_total) == (None, None, False, 0)


def test_a_command_that_is_missing_or_fails_says_nothing() -> None:
    assert host.run_command("/nonexistent/command") is None
    assert host.run_command("false") is None
    assert host.run_command("echo", "да") == "да\n"


def test_orders_are_carried_out(tmp_path: Path) -> None:
    file, left = tmp_path / "f", tmp_path / ".partial"
    file.write_text("")
    (left / "deep").mkdir(parents=True)
    assert apply(Chmod(file, 0o600)) == f"chmod 0600 {file}"
    assert file.stat().st_mode & 0o777 == 0o600
    apply(Remove(left))
    assert not left.exists()
    assert apply(Run(("true",))) == "true"


def test_an_order_that_fails_is_told_and_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for fix in (Chmod(tmp_path / "link", 0o600), Chmod(tmp_path / "none", 0o600), Run(("false",)), Run(("/none",))):
        with pytest.raises(FixFailed):
            apply(fix)


def test_the_rest_is_mended_when_one_order_fails(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("")
    fixes = (Chmod(tmp_path / "none", 0o600), Chmod(file, 0o600))
    (mended,) = mend([Finding(CHECKS[0], Wrong("x", fixes))])
    assert mended.done[0].startswith("failed")
    assert mended.done[1].startswith("chmod")
