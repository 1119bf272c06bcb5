"""Every check, by injecting its fault into a well box."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secretaryd.doctor.check import WHY, Chmod, Finding, Remove, Run, Skipped, Well, Wrong
from secretaryd.doctor.facts import Entry, Facts, Machine, Socket
from secretaryd.doctor.run import CHECKS, examine, worst
from tests.fakes.well_facts import NOW, well_facts

WELL = well_facts()


def spoil(part: str, **changes: Any) -> Facts:
    """The well box with one part changed."""
    return replace(WELL, **{part: replace(getattr(WELL, part), **changes)})


def unit(name: str, **changes: Any) -> Facts:
    return replace(WELL, units=tuple(replace(u, **changes) if u.name == name else u for u in WELL.units))


def model(setting: str, **changes: Any) -> Facts:
    return replace(WELL, models=tuple(replace(m, **changes) if m.setting == setting else m for m in WELL.models))


LOOSE = Entry(Path("/var/lib/secretaryd/secretary.db"), 0o644)
PIN = Path("/etc/secretaryd/pin")
DEAD = Socket(Path("/run/secretaryd/control.sock"), 0o660, answers=False)
OPEN = Socket(Path("/run/secretaryd/control.sock"), 0o666, answers=True)

FAULTS: list[tuple[str, Facts, str]] = [
    ("box.answers", replace(WELL, live=None, live_trouble="nobody answers"), "nobody answers"),
    ("box.version", replace(WELL, own_version="2"), "1 / 2"),
    ("socket.stale", replace(WELL, live=None, sockets=WELL.sockets | {"control": DEAD}), "control.sock"),
    ("socket.modes", replace(WELL, sockets=WELL.sockets | {"control": OPEN}), "0666"),
    ("console.group", spoil("machine", superuser=False, in_console_group=False), ""),
    ("unit.secretaryd", unit("secretaryd", active="failed"), "failed"),
    ("unit.secretary-speech", unit("secretary-speech", active="inactive"), "inactive"),
    ("unit.secretary-llm", unit("secretary-llm", enabled=False), "disabled"),
    ("unit.secretary-web", unit("secretary-web", active="activating"), "activating"),
    ("unit.restarts", unit("secretary-llm", restarts=9), "secretary-llm: 9"),
    ("unit.restarts", unit("secretaryd", result="watchdog"), "watchdog"),
    ("unit.memory", unit("secretary-llm", result="oom-kill"), "secretary-llm"),
    ("unit.watchdog", unit("secretaryd", watchdog_seconds=0.0), "secretaryd"),
    ("unit.drop_ins", unit("secretaryd", drop_ins=("/etc/x.conf",)), "/etc/x.conf"),
    ("speech.up", spoil("live", speech_up=False, speech_reason="away"), "away"),
    ("llm.up", spoil("live", llm_up=False, nodes=(("local", "away", "no socket"),)), "no socket"),
    ("llm.nodes", spoil("live", nodes=(("local", "ready", ""), ("office", "away", "refused"))), "office: refused"),
    ("recording.works", spoil("live", alerts=frozenset({"recording.failed"})), ""),
    ("web.listening", replace(WELL, web_answers=False), "127.0.0.1:8080"),
    ("web.exposed", spoil("config", web_listen="0.0.0.0:80"), "0.0.0.0:80"),
    ("modem.port", spoil("hardware", at=None, trouble="no SIM7600"), "no SIM7600"),
    ("modem.permission", spoil("hardware", at_usable=False), "/dev/ttyUSB2"),
    ("modem.driver", spoil("hardware", driver=False), ""),
    ("modem.manager", spoil("hardware", modem_manager=True, rules=False), ""),
    ("modem.answers", spoil("live", modem_up=False, modem_reason="silent", modem_detail="x"), "silent x"),
    ("modem.steady", spoil("live", timeouts=99), "99"),
    ("sim.present", spoil("live", sim="absent"), "absent"),
    ("sim.present", spoil("live", sim="failed"), "failed"),
    ("sim.pin", spoil("live", sim="pin_required"), "PIN"),
    ("sim.pin", spoil("live", sim="puk_required"), "PUK"),
    ("network.registered", spoil("live", registered=False), ""),
    ("network.registered", spoil("live", registered=False, alerts=frozenset({"network.denied"})), "denied"),
    ("network.signal", spoil("live", signal_dbm=-109), "-109 dBm"),
    ("sound.port", spoil("hardware", pcm=None), ""),
    ("sound.gate", spoil("live", silent_calls=2), "2"),
    ("config.valid", spoil("config", errors=("box.nmae: unknown key", "b")), "box.nmae: unknown key; b"),
    ("config.readable", spoil("config", file_mode=0o600), "0600"),
    ("config.in_force", spoil("live", alerts=frozenset({"config.fallback"})), ""),
    ("secrets.private", spoil("config", secret_files=(("k", PIN, 0o644),)), "0644"),
    ("secrets.private", spoil("config", secret_files=(("k", PIN, None),)), "k: /etc"),
    ("data.folder", spoil("data", mode=0o755), "0755"),
    ("data.folder", spoil("data", exists=False), "/var/lib/secretaryd"),
    ("data.private", spoil("data", loose=(LOOSE,)), "secretary.db (0644)"),
    ("disk.writable", spoil("data", read_only=True), ""),
    ("disk.space", spoil("data", free_bytes=500 << 20), "0.5 GB"),
    ("disk.space", spoil("data", free_bytes=1 << 20), "0.0 GB"),
    ("disk.inodes", spoil("data", free_inodes=10), "1%"),
    ("disk.leftovers", spoil("data", leftovers=((Path("/x/.partial"), 900 << 20),)), "900 MB"),
    ("database.sound", spoil("data", database="malformed"), "malformed"),
    ("database.set_aside", spoil("data", set_aside=("secretary.db.damaged-1",)), "damaged-1"),
    ("backup.age", spoil("data", newest_backup=NOW - 40 * 86_400), "40 d"),
    ("backup.age", spoil("data", newest_backup=None), ""),
    ("model.recogniser", model("stt.model", trouble="gone"), "gone"),
    ("model.voice", model("tts.voice", trouble="gone"), "gone"),
    ("model.chat", model("llm.model", trouble="gone"), "gone"),
    ("models.checksums", model("llm.model", faults=("x.gguf: contents changed",)), "contents changed"),
    ("models.starter", model("tts.voice", value="starter", starter=True), "tts.voice"),
    ("clock.set", spoil("machine", now=1000.0), ""),
    ("clock.synchronised", spoil("machine", clock_synchronised=False), ""),
    ("memory.available", spoil("machine", memory_available=50 << 20), "50 / 4096 MB"),
    ("memory.limits", spoil("machine", memory_cgroup=False), ""),
    ("machine.temperature", spoil("machine", temperature=84.0), "84 °C"),
    ("machine.power", spoil("machine", throttled=0x50005), "0x50005"),
    ("machine.power", spoil("machine", throttled=0x50000), "0x50000"),
    ("journal.limits", spoil("machine", journal_limited=False), "50 MB"),
    ("journal.limits", spoil("machine", journal_bytes=3 << 30), "3072 MB"),
    ("machine.libraries", spoil("machine", libraries=("systemd",)), "systemd"),
]
KNOCK_ON = {
    "box.answers": {"socket.stale"},
    "socket.stale": {"box.answers"},
    "llm.up": {"llm.nodes"},
    "clock.set": {"backup.age"},
}
"""What else may be found then."""


def wrong(facts: Facts) -> dict[str, Wrong]:
    return {f.check.name: f.outcome for f in examine(facts) if isinstance(f.outcome, Wrong)}


def test_a_well_box_has_nothing_wrong_and_nothing_skipped() -> None:
    findings = examine(WELL)
    assert [f.check.name for f in findings if not isinstance(f.outcome, Well)] == []
    assert worst(findings) == 0


@pytest.mark.parametrize(("name", "facts", "detail"), FAULTS, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(FAULTS)])
def test_a_fault_is_found_by_its_check_and_by_no_other(name: str, facts: Facts, detail: str) -> None:
    found = wrong(facts)
    assert name in found
    assert detail in found[name].detail
    assert set(found) - {name} <= KNOCK_ON.get(name, set())


def test_every_check_has_its_fault_in_the_table_above() -> None:
    assert {check.name for check in CHECKS} == {name for name, _, _ in FAULTS}
    assert len({check.name for check in CHECKS}) == len(CHECKS) >= 25


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_check_says_what_is_so_and_what_to_do(language: str) -> None:
    for check in CHECKS:
        texts = [words.of(language) for words in (check.title, check.cause, check.remedy)]
        assert all(texts), check.name
        assert len({check.title.ru, check.title.en}) == 2 or check.title.ru.isascii(), check.name
        assert any("а" <= letter <= "я" for letter in check.cause.ru.lower())
        assert not any("а" <= letter <= "я" for text in texts for letter in text.lower() if language == "en")


def test_remedies_name_commands_that_are_there() -> None:
    from secretaryd.cli.main import _parser

    choices = next(action.choices for action in _parser()._actions if action.dest == "command")
    for check in CHECKS:
        for text in (check.remedy.ru, check.remedy.en):
            for rest in text.split("secretaryctl ")[1:]:
                assert rest.split()[0].strip(",;.") in choices, check.name


SKIPS: list[tuple[Facts, set[str]]] = [
    (replace(WELL, live=None), {"modem.answers", "sim.pin", "speech.up", "llm.up", "config.in_force", "sound.gate"}),
    (spoil("machine", systemd=False), {"unit.secretaryd", "unit.restarts", "memory.limits", "journal.limits"}),
    (spoil("live", simulated=True), {"modem.port", "modem.driver", "sound.port"}),
    (spoil("data", readable=False), {"data.private", "database.sound", "backup.age", "disk.leftovers"}),
    (spoil("config", llm_wanted=False), {"llm.up", "unit.secretary-llm"}),
    (replace(WELL, units=()), {"unit.secretaryd", "unit.memory"}),
    (model("llm.model", faults=None), set()),
    (replace(WELL, models=tuple(replace(m, faults=None) for m in WELL.models)), {"models.checksums"}),
    (replace(WELL, machine=Machine(now=NOW, systemd=False, clock_synchronised=None)), {"machine.temperature"}),
]


@pytest.mark.parametrize(("facts", "names"), SKIPS, ids=range(len(SKIPS)))
def test_what_cannot_be_looked_at_is_skipped_with_a_reason(facts: Facts, names: set[str]) -> None:
    skipped = {f.check.name: f.outcome.why for f in examine(facts) if isinstance(f.outcome, Skipped)}
    assert names <= skipped.keys()
    assert set(skipped.values()) <= WHY.keys()


FIXES: list[tuple[str, Facts, Any]] = [
    ("data.folder", spoil("data", mode=0o755), Chmod(WELL.data.folder, 0o700)),
    ("data.private", spoil("data", loose=(LOOSE,)), Chmod(LOOSE.path, 0o640)),
    ("secrets.private", spoil("config", secret_files=(("k", PIN, 0o644),)), Chmod(PIN, 0o600)),
    ("config.readable", spoil("config", file_mode=0o600), Chmod(WELL.config.file, 0o644)),
    ("socket.modes", replace(WELL, sockets={"control": OPEN}), Chmod(OPEN.path, 0o660)),
    ("socket.stale", replace(WELL, live=None, sockets={"control": DEAD}), Remove(DEAD.path)),
    ("disk.leftovers", spoil("data", leftovers=((Path("/x/.partial"), 900 << 20),)), Remove(Path("/x/.partial"))),
    ("unit.secretaryd", unit("secretaryd", active="failed"), Run(("systemctl", "start", "secretaryd.service"))),
]


@pytest.mark.parametrize(("name", "facts", "fix"), FIXES, ids=[name for name, _, _ in FIXES])
def test_what_can_be_mended_safely_says_how(name: str, facts: Facts, fix: Any) -> None:
    assert fix in wrong(facts)[name].fixes


def test_nothing_of_the_owners_is_ever_removed() -> None:
    ordered = [fix for _, facts, _ in FAULTS for one in wrong(facts).values() for fix in one.fixes]
    removed = [fix.path for fix in ordered if isinstance(fix, Remove)]
    assert {path.name for path in removed} <= {"control.sock", ".partial", ".staging"}


def test_a_note_does_not_make_the_exit_code_bad() -> None:
    assert worst(examine(spoil("data", leftovers=((Path("/x"), 1 << 30),)))) == 0
    assert worst(examine(spoil("machine", temperature=90.0))) == 1


WORSE: list[tuple[Callable[[], Facts], str, str]] = [
    (lambda: spoil("data", free_bytes=1), "disk.space", "error"),
    (lambda: spoil("data", free_bytes=500 << 20), "disk.space", "warning"),
    (lambda: spoil("machine", throttled=1), "machine.power", "error"),
    (lambda: spoil("machine", throttled=0x10000), "machine.power", "warning"),
    (lambda: spoil("data", exists=False), "data.folder", "error"),
]


@pytest.mark.parametrize(("make", "name", "level"), WORSE, ids=range(len(WORSE)))
def test_some_faults_are_worse_than_others(make: Callable[[], Facts], name: str, level: str) -> None:
    finding: Finding = next(f for f in examine(make()) if f.check.name == name)
    assert finding.level == level
