"""The units, and what lies beside them: as systemd's own tools read them, and as the code needs them."""

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from hw.board import restart
from hw.modem.find import INTERFACES, VENDOR
from secretaryd import __main__ as daemon
from secretaryd.config.schema import Config
from secretaryd.restarting import CORE, REQUEST, SERVICES
from secretaryd.run.core import FAREWELL_SECONDS
from secretaryd.run.line import CLOCK_REQUEST
from secretaryd.run.people import CONSOLE_GROUP, SETUP_REQUEST, WEB_USER
from secretaryd.shop.order import ORDER

FOLDER: Final = Path(__file__).parents[2] / "etc" / "systemd"
PROGRAM: Final = "/opt/secretary/.venv/bin/secretaryd"
PYTHON: Final = "/opt/secretary/.venv/bin/python"
UNITS: Final = {
    "core": "secretaryd.service",
    "speech": "secretary-speech.service",
    "llm": "secretary-llm.service",
    "web": "secretary-web.service",
}
SACRIFICE: Final = ("llm", "web", "speech", "core")
"""Who goes when memory is short: the first one first."""
CLOCK: Final = "secretary-clock.service"
"""Root's, for a moment, at the core's request."""
SETUP: Final = "secretary-setup.service"
"""Root's too: shows the first owner's link."""
RESTART: Final = "secretary-restart.service"
"""Root's too: starts the others' services anew."""
MODELS: Final = "secretary-models.service"
"""Fetches models, at the core's request."""
SYSTEMD_OWN: Final = {"systemd-journal"}
"""Groups that systemd brings."""
WORST_SCORE: Final = 20  # tenths
NEWER: Final = ("RestartSteps", "RestartMaxDelaySec")
"""Keys that systemd before 254 does not know, and passes over with a warning."""

roles = pytest.mark.parametrize("role", UNITS)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package systemd or udev)")
    return found


def run(*command: str | Path, environ: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [str(word) for word in command],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "SYSTEMD_COLORS": "0", **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def read(name: str) -> dict[str, list[str]]:
    """Key to its values, in order; keys of all sections together, since none of ours stands in two."""
    keys: dict[str, list[str]] = defaultdict(list)
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            keys[key].append(value)
    return keys


def one(role: str, key: str) -> str:
    values = read(UNITS[role])[key]
    assert len(values) == 1, f"{UNITS[role]}: {key} = {values}"
    return values[0]


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [re.findall(r'"[^"]*"|\S+', line) for line in lines if line and not line.startswith("#")]


# --- the units against the code ---------------------------------------------------------------------------------------


def test_every_process_of_the_box_has_a_unit_and_every_unit_a_process() -> None:
    assert UNITS.keys() == daemon.ROLES.keys() - {"all"}
    assert {path.name for path in FOLDER.glob("*.service")} == {*UNITS.values(), CLOCK, SETUP, RESTART, MODELS}
    for role in UNITS:
        assert one(role, "ExecStart") == f"{PROGRAM} {role}"


def test_the_target_starts_and_stops_all_of_them() -> None:
    assert set(read("secretary.target")["Also"][0].split()) == {
        *UNITS.values(),
        "secretary-clock.path",
        "secretary-models.path",
        "secretary-setup.path",
        "secretary-restart.path",
    }
    for role in UNITS:
        assert one(role, "PartOf") == one(role, "WantedBy") == "secretary.target"


@roles
def test_every_unit_is_watched_and_started_again_for_ever(role: str) -> None:
    assert (one(role, "Type"), one(role, "NotifyAccess")) == ("notify", "main")
    assert 0 < int(one(role, "WatchdogSec")) <= 60
    assert one(role, "Restart") == "always"
    assert one(role, "StartLimitIntervalSec") == "0"
    assert int(one(role, "RestartSec")) <= 1
    assert int(one(role, "RestartMaxDelaySec")) <= 30


def test_the_clock_is_set_where_the_core_asks_for_it_by_a_unit_that_can_do_nothing_else() -> None:
    request = f"/run/secretaryd/{CLOCK_REQUEST}"
    assert read("secretary-clock.path")["PathExists"] == [request]
    keys = read(CLOCK)
    assert keys["ExecStart"] == [f"/opt/secretary/.venv/bin/python -m hw.board.set_clock {request} secretary"]
    assert keys["CapabilityBoundingSet"] == ["CAP_SYS_TIME CAP_DAC_OVERRIDE CAP_FOWNER"]
    assert keys["RestrictAddressFamilies"] == ["none"]


def test_the_first_owners_link_is_shown_by_a_unit_that_can_do_nothing_else() -> None:
    request = f"/run/secretaryd/{SETUP_REQUEST}"
    assert read("secretary-setup.path")["PathExists"] == [request]
    keys = read(SETUP)
    program = "/opt/secretary/.venv/bin/python -m hw.board.show_setup"
    assert keys["ExecStart"] == [
        f"{program} {request} secretary /etc/issue.d/secretary.issue /boot/firmware/secretary-setup.txt"
    ]
    assert keys["CapabilityBoundingSet"] == ["CAP_DAC_OVERRIDE CAP_FOWNER"]
    assert keys["RestrictAddressFamilies"] == ["none"]


def test_services_are_started_anew_by_a_unit_that_can_do_nothing_else() -> None:
    request = f"/run/secretaryd/{REQUEST}"
    assert read("secretary-restart.path")["PathExists"] == [request]
    keys = read(RESTART)
    assert keys["ExecStart"] == [f"/opt/secretary/.venv/bin/python -m hw.board.restart {request} secretary"]
    assert keys["CapabilityBoundingSet"] == ["CAP_DAC_OVERRIDE CAP_FOWNER"]
    assert keys["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert {f"{name}.service" for name in SERVICES} == set(UNITS.values())
    assert set(SERVICES) == {CORE, *restart.SERVICES}
    assert one("core", "Restart") == "always", "the core starts anew by ending"


def test_models_are_fetched_where_the_core_asks_for_it_by_a_unit_that_sees_no_device() -> None:
    order = f"/run/secretaryd/{ORDER}"
    assert read("secretary-models.path")["PathExists"] == [order]
    keys = read(MODELS)
    assert keys["ExecStart"] == [f"/opt/secretary/.venv/bin/python -m secretaryd.shop.child {order}"]
    assert keys["User"] == [one("core", "User")]
    assert (keys["PrivateDevices"], keys["CapabilityBoundingSet"]) == (["yes"], [""])
    assert "AF_INET" in keys["RestrictAddressFamilies"][0]
    assert not keys["IPAddressDeny"], "it is the one that may reach the internet"


def test_the_core_has_the_time_that_it_takes_to_end_a_call() -> None:
    assert int(one("core", "TimeoutStopSec")) > FAREWELL_SECONDS
    assert all(int(one(role, "TimeoutStopSec")) >= 20 for role in UNITS)


def test_memory_is_given_up_in_order_with_the_core_last() -> None:
    scores = [int(one(role, "OOMScoreAdjust")) for role in SACRIFICE]
    assert scores == sorted(set(scores), reverse=True)
    assert scores[0] > 0 > scores[-1]
    assert all(-1000 < score <= 1000 for score in scores)


def test_the_core_goes_before_the_others_where_the_processor_is_short() -> None:
    order = ("core", "speech", "llm")
    assert [int(one(role, "Nice")) for role in order] == [-10, 0, 10]
    weights = [int(one(role, "CPUWeight")) for role in order]
    assert weights == sorted(set(weights), reverse=True)


CORE_DEVICES = ["char-ttyUSB rw", "char-alsa rw", "char-gpiochip rw"]


@roles
def test_what_a_process_may_do_is_not_more_than_it_needs(role: str) -> None:
    keys = read(UNITS[role])
    assert keys["DevicePolicy"] == ["closed"]
    assert keys["DeviceAllow"] == (CORE_DEVICES if role == "core" else [])
    assert keys["PrivateNetwork"] == (["yes"] if role in {"speech", "llm"} else [])
    assert ("AF_INET" in keys["RestrictAddressFamilies"][0]) == (role in {"core", "web"})
    assert "any" in keys["IPAddressDeny"]
    assert keys["CapabilityBoundingSet"] == (["CAP_NET_BIND_SERVICE"] if role == "web" else [""])
    assert keys["LimitCORE"] == ["0"], "a core dump would hold callers' words"


def test_the_core_may_ask_for_the_clock_of_its_line_and_know_who_knocks() -> None:
    core = read(UNITS["core"])
    assert core["LimitRTPRIO"] == ["20"]
    assert not core["RestrictRealtime"]
    assert not core["PrivateUsers"], "in a user namespace SO_PEERCRED would name nobody"
    assert all("@resources" not in value for value in core["SystemCallFilter"]), "sched_setscheduler"


def test_the_engines_see_models_and_settings_and_nothing_else_of_the_data() -> None:
    data = Config().box.data_dir
    for role in ("speech", "llm", "web"):
        keys = read(UNITS[role])
        assert keys["TemporaryFileSystem"] == [f"{data.parent}:ro"]
        seen = {value.lstrip("-") for value in keys["BindReadOnlyPaths"]}
        assert seen - {f"{data}/models"} == {f"{data}/settings.toml", f"{data}/last-good.toml"}
        assert (f"{data}/models" in seen) == (role != "web")
        assert keys["StateDirectory"] == (["secretary-web"] if role == "web" else [])
    assert one("core", "StateDirectory") == data.name


# --- users and folders ------------------------------------------------------------------------------------------------


def users() -> dict[str, set[str]]:
    """Kind (u, g, m) to the names that it makes; a user brings the group of its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows("sysusers.d/secretary.conf"):
        found[row[0]].add(row[1])
    return found


@roles
def test_every_user_and_group_of_a_unit_is_made(role: str) -> None:
    made = users()
    keys = read(UNITS[role])
    assert keys["User"][0] in made["u"]
    groups = {*keys["Group"], *(name for value in keys["SupplementaryGroups"] for name in value.split())}
    assert groups <= made["g"] | made["u"] | SYSTEMD_OWN


def test_no_two_processes_are_the_same_user() -> None:
    assert len({one(role, "User") for role in UNITS}) == len(UNITS)
    assert one("web", "User") == WEB_USER


def test_sockets_open_to_those_who_need_them_and_to_nobody_else() -> None:
    # A socket is 0660 and of its maker's group.
    folder = next(row for row in rows("tmpfiles.d/secretary.conf") if row[1] == "/run/secretaryd")
    assert folder[2:5] == ["1771", one("core", "User"), one("speech", "Group")], "all three may make theirs"
    assert folder[1] == str(Config().runtime_dir)
    assert one("core", "Group") == CONSOLE_GROUP
    assert one("llm", "Group") == one("speech", "Group") == one("core", "SupplementaryGroups").split()[0]
    assert one("web", "SupplementaryGroups") == CONSOLE_GROUP
    assert one("web", "Group") != one("speech", "Group")
    members = {(row[1], row[2]) for row in rows("sysusers.d/secretary.conf") if row[0] == "m"}
    assert members == {("secretary", "dialout"), ("secretary", "audio"), ("secretary", "gpio")}, (
        "a member of the console group manages the box"
    )


def test_classes_of_devices_are_known_before_the_core_starts() -> None:
    # ttyUSB is registered by usbserial, which option needs; alsa by snd; gpiochip is built in.
    assert {row[0] for row in rows("modules-load.d/secretary.conf")} == {"option", "snd"}
    assert not read(UNITS["core"])["DefaultDependencies"], "by default a service starts after modules-load"


# --- udev -------------------------------------------------------------------------------------------------------------


def test_names_of_the_modems_ports_are_those_that_the_finder_takes() -> None:
    rules = (FOLDER / "udev" / "70-secretary-modem.rules").read_text("utf-8")
    named = {
        (product, link): int(interface, 16)
        for product, interface, link in re.findall(
            rf'ATTRS{{idVendor}}=="{VENDOR}", ATTRS{{idProduct}}=="(\w+)", '
            r'ENV{\.SECRETARY_IF}=="(\w+)", SYMLINK\+="([\w-]+)"',
            rules,
        )
    }
    for product, (at, pcm) in INTERFACES.items():
        assert named.pop((product, "modem-at")) == at
        assert named.pop((product, "modem-at2")) == at + 1
        assert named.pop((product, "modem-pcm")) == pcm
    assert not named
    for rule in rules.splitlines():
        assert not ("bInterfaceNumber}" in rule and "idVendor" in rule), "they are attributes of different parents"


@pytest.mark.units
def test_udev_reads_the_rules() -> None:
    code, said = run(tool("udevadm"), "verify", FOLDER / "udev" / "70-secretary-modem.rules")
    if "Unknown command verb" in said:
        pytest.skip("udevadm verify came with systemd 254")
    assert code == 0, said


# --- systemd's own tools ----------------------------------------------------------------------------------------------


@pytest.mark.units
def test_systemd_reads_every_unit_without_a_complaint(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    asked = [f"secretary-{name}.{kind}" for name in ("models", "setup", "restart") for kind in ("service", "path")]
    for name in [*UNITS.values(), *asked, "secretary.target"]:
        text = (FOLDER / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(PROGRAM, "/bin/true").replace(PYTHON, "/bin/true"), "utf-8")
    units = sorted(tmp_path.iterdir())
    code, said = run(analyze, "verify", "--man=no", *units, environ={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    ours = [line for line in said.splitlines() if "secretary" in line and not any(f"'{key}'" in line for key in NEWER)]
    assert not ours, "\n".join(ours)
    assert code == 0, said


@pytest.mark.units
def test_systemd_notices_a_key_that_it_does_not_know(tmp_path: Path) -> None:
    unit = tmp_path / "typo.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nWatchdogSecs=30\n")
    assert "WatchdogSecs" in run(tool("systemd-analyze"), "verify", "--man=no", unit)[1]


@pytest.mark.units
@roles
def test_every_process_is_exposed_by_two_points_of_ten_at_most(role: str) -> None:
    code, said = run(
        tool("systemd-analyze"),
        *("security", "--offline=true", f"--threshold={WORST_SCORE}", "--no-pager"),
        FOLDER / UNITS[role],
    )
    score = re.search(r"exposure level for \S+ ([\d.]+)", said)
    assert score, said
    assert code == 0, score[0]
    assert float(score[1]) <= WORST_SCORE / 10


@pytest.mark.units
def test_users_come_into_being(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    code, said = run(tool("systemd-sysusers"), f"--root={tmp_path}", FOLDER / "sysusers.d" / "secretary.conf")
    if os.geteuid() != 0 and "Operation not permitted" in said:
        pytest.skip("files of users can be made by root only")
    assert code == 0, said
    assert "not a valid" not in said
    made = {line.split(":")[0]: line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert made.keys() == users()["u"]
    assert all(fields[6].endswith("nologin") == (name != "secretary") for name, fields in made.items())
    secrets = (tmp_path / "etc/shadow").read_text().splitlines() if (tmp_path / "etc/shadow").exists() else []
    assert all(line.split(":")[1].startswith("!") for line in secrets), "nobody has a password"
    groups = {line.split(":")[0]: line.split(":")[3] for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert groups["dialout"] == groups["audio"] == "secretary"
    assert groups[CONSOLE_GROUP] == ""


@pytest.mark.units
@pytest.mark.skipif(os.geteuid() != 0, reason="gives folders to other users")
def test_folders_come_into_being(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    run(tool("systemd-sysusers"), f"--root={tmp_path}", FOLDER / "sysusers.d" / "secretary.conf")
    code, said = run(
        tool("systemd-tmpfiles"), "--create", f"--root={tmp_path}", FOLDER / "tmpfiles.d" / "secretary.conf"
    )
    assert code == 0, said
    modes = {row[1]: int(row[2], 8) for row in rows("tmpfiles.d/secretary.conf")}
    for path, mode in modes.items():
        assert (tmp_path / path.lstrip("/")).stat().st_mode & 0o7777 == mode, path
