"""Facts of a box on which every check finds nothing wrong; tests spoil one thing of it."""

from pathlib import Path

from secretaryd.doctor.facts import Configuration, Data, Facts, Hardware, Live, Machine, Model, Socket, Unit
from secretaryd.doctor.service import UNITS

NOW = 1_796_000_000.0
RUN = Path("/run/secretaryd")


def well_facts() -> Facts:
    return Facts(
        config=Configuration(
            Path("/etc/secretaryd/secretaryd.toml"),
            file_mode=0o644,
            secret_files=(("modem.sim_pin_file", Path("/etc/secretaryd/pin"), 0o600),),
        ),
        data=Data(
            Path("/var/lib/secretaryd"),
            free_bytes=20 << 30,
            total_bytes=30 << 30,
            free_inodes=900,
            total_inodes=1000,
            newest_backup=NOW - 86_400,
            calls_kept=True,
        ),
        machine=Machine(
            now=NOW,
            memory_total=4 << 30,
            memory_available=2 << 30,
            temperature=55.0,
            throttled=0,
            journal_bytes=50 << 20,
        ),
        hardware=Hardware(at=Path("/dev/ttyUSB2"), pcm=Path("/dev/ttyUSB4")),
        models=(
            Model("stt.model", "vosk-model-small-ru-0.22", faults=()),
            Model("tts.voice", "ru_RU-irina-medium", faults=()),
            Model("llm.model", "qwen2.5-1.5b", faults=()),
        ),
        units=tuple(Unit(name, loaded=True, active="active", enabled=True) for name in UNITS),
        sockets={name: Socket(RUN / f"{name}.sock", 0o660, answers=True) for name in ("control", "speech", "llm")},
        live=Live(signal_dbm=-77, nodes=(("local", "ready", ""), ("office", "ready", "")), version="1"),
        own_version="1",
    )
