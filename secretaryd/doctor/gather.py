"""Finding the facts: the only part of the doctor that looks at files, devices and processes."""

import importlib.util
import os
import socket
import sqlite3
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hw.modem.find import NoPort, find_ports, usb_modems
from secretaryd.config.load import ConfigError, load
from secretaryd.config.schema import Config
from secretaryd.doctor.facts import Configuration, Data, Entry, Hardware, Live, Model, Socket
from voice.errors import ModelFileError
from voice.models.catalogue import Kind
from voice.models.store import STARTER, Store, resolve

KNOCK_SECONDS: Final = 2.0
MANY_FILES: Final = 20_000
"""More are not looked at: the first loose one tells enough."""
LEFT_BEHIND: Final = ("models/.partial", "models/.staging")
OPEN_ON_PURPOSE: Final = frozenset({"last-good.toml", "settings.toml", "models"})
BACKUPS: Final = "backups"
RULES: Final = ("etc/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
RULES_FILE: Final = "70-secretary-modem.rules"


@dataclass(frozen=True, slots=True)
class Around:
    """Where the machine is looked at; tests give folders of their own."""

    root: Path = Path("/")

    def path(self, name: str) -> Path:
        """Below the root."""
        return self.root / name


def configured(given: Path | None) -> tuple[Config, tuple[str, ...]]:
    """The configuration, or the defaults and what is wrong."""
    try:
        return load(given), ()
    except ConfigError as error:
        return Config(), error.errors


def configuration(file: Path, config: Config, errors: tuple[str, ...]) -> Configuration:
    """Of the layers."""
    secrets = [("modem.sim_pin_file", config.modem.sim_pin_file)]
    secrets += [(f"llm.node {node.name}", node.api_key_file) for node in config.llm.node]
    return Configuration(
        file=file,
        errors=errors,
        file_mode=mode_of(file),
        settings_mode=mode_of(config.box.data_dir / "settings.toml"),
        at_port=config.modem.at_port,
        pcm_port=config.modem.pcm_port,
        audio=config.modem.audio,
        record=config.call.record,
        web_listen=config.web.listen,
        web_tls=config.web.tls,
        llm_wanted=bool(config.llm.model or config.llm.node),
        secret_files=tuple((key, Path(name), mode_of(Path(name))) for key, name in secrets if name),
    )


def mode_of(path: Path) -> int | None:
    """Permission bits; None where it is not there or not to be seen."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def data(config: Config) -> Data:
    """Of the data folder."""
    folder = config.box.data_dir
    if (mode := mode_of(folder)) is None:
        return Data(folder, exists=False, **_disk(folder))
    if not os.access(folder, os.R_OK | os.X_OK):
        return Data(folder, readable=False, mode=mode, **_disk(folder))
    database = _database_file(config)
    return Data(
        folder,
        mode=mode,
        loose=tuple(_loose(folder)),
        database=_quick_check(database) if database.is_file() else None,
        set_aside=tuple(sorted(path.name for path in folder.glob(f"{database.name}.damaged-*[0-9]"))),
        leftovers=tuple(_leftovers(folder)),
        newest_backup=_newest(Path(config.backup.folder) if config.backup.folder else folder / BACKUPS),
        calls_kept=any((folder / "recordings").glob("*/*.wav")),
        **_disk(folder),
    )


def _disk(folder: Path) -> dict[str, Any]:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        seen = os.statvfs(folder)
    except OSError:
        return {}
    return {
        "free_bytes": seen.f_bavail * seen.f_frsize,
        "total_bytes": seen.f_blocks * seen.f_frsize,
        "free_inodes": seen.f_favail,
        "total_inodes": seen.f_files,
        "read_only": bool(seen.f_flag & os.ST_RDONLY),
    }


def _database_file(config: Config) -> Path:
    return config.box.data_dir / config.database_url.removeprefix("sqlite:///")


def _quick_check(path: Path) -> str | None:
    """Read only; the box may be writing meanwhile."""
    try:
        opened = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)
    except sqlite3.Error as error:
        return str(error)
    try:
        rows = [str(row[0]) for row in opened.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        return None if "readonly" in str(error) else str(error)
    finally:
        opened.close()
    return "" if rows == ["ok"] else "; ".join(rows)


def _loose(folder: Path) -> list[Entry]:
    """Files that others may read, beside those that the engines must."""
    found: list[Entry] = []
    seen = 0
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder:
            folders[:] = [name for name in folders if name not in OPEN_ON_PURPOSE]
        for name in names:
            seen += 1
            if seen > MANY_FILES:
                return found
            path = Path(parent, name)
            if Path(parent) == folder and name in OPEN_ON_PURPOSE:
                continue
            if (mode := mode_of(path)) is not None and mode & 0o007:
                found.append(Entry(path, mode))
    return found


def _leftovers(folder: Path) -> list[tuple[Path, int]]:
    found = []
    for name in LEFT_BEHIND:
        path = folder / name
        if path.is_dir():
            found.append((path, sum(f.stat().st_size for f in path.rglob("*") if f.is_file() and not f.is_symlink())))
    return found


def _newest(folder: Path) -> float | None:
    times = [path.stat().st_mtime for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    return max(times, default=None)


def models(config: Config, *, full: bool) -> tuple[Model, ...]:
    """The three that are configured. `full`: compare checksums, which reads every byte."""
    folder = config.box.data_dir / "models"
    wanted = (
        ("stt.model", Kind.STT, config.stt.model),
        ("tts.voice", Kind.TTS, config.tts.voice),
        ("llm.model", Kind.LLM, config.llm.model),
    )
    return tuple(_model(setting, kind, value, folder, full) for setting, kind, value in wanted)


def _model(setting: str, kind: Kind, value: str, folder: Path, full: bool) -> Model:
    if not value:
        return Model(setting, "")
    try:
        resolve(value, kind, folder)
        checked = full and value != STARTER and "/" not in value
        faults = tuple(str(fault) for fault in Store(folder).verify(value)) if checked else None
    except ModelFileError as error:
        return Model(setting, value, trouble=str(error))
    return Model(setting, value, starter=value == STARTER, faults=faults)


def hardware(config: Config, around: Around, manager: bool) -> Hardware:
    """Of the kernel's view of the modem."""
    sysfs, dev = around.path("sys"), around.path("dev")
    rules = any((around.path(folder) / RULES_FILE).exists() for folder in RULES)
    seen = usb_modems(sysfs, dev)
    driven = (sysfs / "bus/usb-serial/drivers/option1").exists() or (sysfs / "module/option").exists()
    try:
        ports = find_ports(config.modem.at_port, config.modem.pcm_port, sysfs=sysfs, dev=dev)
    except NoPort as error:
        return Hardware(len(seen), driver=driven, trouble=str(error), modem_manager=manager, rules=rules)
    return Hardware(
        len(seen),
        driver=driven,
        at=ports.at,
        at_usable=os.access(ports.at, os.R_OK | os.W_OK),
        pcm=ports.pcm,
        pcm_usable=ports.pcm is not None and os.access(ports.pcm, os.R_OK | os.W_OK),
        modem_manager=manager,
        rules=rules,
    )


def sockets(config: Config) -> dict[str, Socket]:
    """The box's own."""
    paths = {"control": config.control.socket, "speech": config.speech_socket, "llm": config.llm_socket}
    return {name: Socket(path, mode_of(path), _knock(path)) for name, path in paths.items()}


def _knock(path: Path) -> bool:
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as out:
        out.settimeout(KNOCK_SECONDS)
        try:
            out.connect(str(path))
        except OSError:
            return False
    return True


def page_answers(config: Config) -> bool:
    """Somebody accepts at web.listen."""
    host, _, port = config.web.listen.rpartition(":")
    host = host.strip("[]")
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  # where it listens, not where we do
        host = "localhost"
    try:
        socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def live(status: dict[str, Any], silent_calls: int) -> Live:
    """A status answer as the checks read it."""
    modem, speech, llm = status["modem"], status["speech"], status["llm"]
    return Live(
        modem_up=modem["up"],
        modem_reason=modem["reason"],
        modem_detail=modem["detail"],
        sim=modem["sim"],
        registered=modem["registered"],
        signal_dbm=modem["signal_dbm"],
        timeouts=modem["timeouts"],
        simulated=status["box"]["simulated"],
        speech_up=speech["up"],
        speech_reason=speech.get("reason", ""),
        llm_up=llm["up"],
        nodes=tuple((node["name"], node["state"], node["reason"]) for node in llm["nodes"]),
        alerts=frozenset(alert["code"] for alert in status["alerts"]),
        silent_calls=silent_calls,
        version=status["box"]["version"],
    )


def missing_libraries() -> tuple[str, ...]:
    """Optional ones that are not installed; nothing is imported."""
    names = ("alsaaudio", "systemd", "llama_cpp")
    return tuple(name for name in names if importlib.util.find_spec(name) is None)


def now() -> float:
    """UTC epoch seconds."""
    return time.time()
