"""Everything that the checks look at, as it was found at one moment. Plain values: no file is opened by a check."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder. `mode` is the permission bits; `uid` its owner."""

    path: Path
    mode: int
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `load` made of the layers."""

    file: Path
    errors: tuple[str, ...] = ()
    file_mode: int | None = None
    """None where there is no file: every key has a default."""
    settings_mode: int | None = None
    at_port: str = "auto"
    pcm_port: str = "auto"
    audio: str = "pcm"
    record: bool = True
    web_listen: str = "127.0.0.1:8080"
    web_tls: bool = False
    llm_wanted: bool = True
    """A model or a node is configured."""
    secret_files: tuple[tuple[str, Path, int | None], ...] = ()
    """(key, path, permission bits or None where it is missing) of the PIN's and the API keys' files."""


@dataclass(frozen=True, slots=True)
class Data:
    """The data folder and what lies in it. `readable` is false where this user may not look into it."""

    folder: Path
    exists: bool = True
    readable: bool = True
    mode: int = 0o700
    loose: tuple[Entry, ...] = ()
    """Files that others may read and should not."""
    free_bytes: int = 0
    total_bytes: int = 0
    free_inodes: int = 1
    total_inodes: int = 1
    read_only: bool = False
    database: str | None = ""
    """What is wrong with it; empty where it is sound, None where it was not looked at."""
    set_aside: tuple[str, ...] = ()
    """Names of damaged databases that were kept."""
    leftovers: tuple[tuple[Path, int], ...] = ()
    """Unfinished downloads and staging folders, with their bytes."""
    newest_backup: float | None = None
    """UTC epoch seconds; None where there is none."""
    calls_kept: bool = False
    """The database holds something that a backup would save."""


@dataclass(frozen=True, slots=True)
class Model:
    """One of the three: `trouble` is why the configured one cannot be used."""

    setting: str
    value: str
    trouble: str = ""
    starter: bool = False
    faults: tuple[str, ...] | None = None
    """What comparing checksums found; None where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit, as `systemctl show` tells."""

    name: str
    loaded: bool
    active: str
    enabled: bool
    restarts: int = 0
    result: str = "success"
    watchdog_seconds: float = 30.0
    drop_ins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """The computer itself. None: this machine does not tell."""

    now: float
    clock_synchronised: bool | None = True
    memory_total: int = 0
    memory_available: int = 0
    temperature: float | None = None
    throttled: int | None = None
    """Raspberry Pi's bits: 0 under-voltage now, 2 throttled now, 16 and 18 the same since the start."""
    systemd: bool = True
    """It is the machine's service manager."""
    memory_cgroup: bool = True
    journal_bytes: int | None = None
    journal_limited: bool = True
    libraries: tuple[str, ...] = ()
    """Optional libraries that are missing: "alsaaudio", "systemd", "llama_cpp"."""
    in_console_group: bool = True
    superuser: bool = True


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the kernel has of a modem. `usb` counts SIM7600s on the bus."""

    usb: int = 1
    driver: bool = True
    at: Path | None = None
    at_usable: bool = True
    pcm: Path | None = None
    pcm_usable: bool = True
    trouble: str = ""
    """Why no AT port was found."""
    modem_manager: bool = False
    """ModemManager runs."""
    rules: bool = True
    """Our udev rules, which keep it away from this modem, are in place."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the running box says of itself. The fields are those of a `status` request."""

    modem_up: bool = True
    modem_reason: str = ""
    modem_detail: str = ""
    sim: str = "ready"
    registered: bool = True
    signal_dbm: int | None = None
    timeouts: int = 0
    simulated: bool = False
    speech_up: bool = True
    speech_reason: str = ""
    llm_up: bool = True
    nodes: tuple[tuple[str, str, str], ...] = ()
    """(name, state, reason)."""
    alerts: frozenset[str] = frozenset()
    silent_calls: int = 0
    """Of the newest calls, those that ended for want of sound."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket of the box; `mode` None where it is not there, `answers` whether somebody accepts."""

    path: Path
    mode: int | None
    answers: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    config: Configuration
    data: Data
    machine: Machine
    hardware: Hardware
    models: tuple[Model, ...] = ()
    units: tuple[Unit, ...] = ()
    sockets: dict[str, Socket] = field(default_factory=dict)
    """By name: "control", "speech", "llm"."""
    live: Live | None = None
    live_trouble: str = ""
    """Why the box did not answer."""
    web_answers: bool | None = True
    own_version: str = ""
