"""Every key of the configuration, with its default. The string under a field is its documentation."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Box:
    """[box]: who answers. Name, company and greeting only seed the first persona."""

    name: str = "Гуля"
    """The secretary's name as callers hear it; "Гуля" and "Лидия" bring ready personas."""
    company: str = ""
    """The company's name as callers hear it; empty keeps the persona's own."""
    timezone: str = "Europe/Moscow"
    """IANA name; recordings and spoken times are in it."""
    language: str = "ru"
    """"ru" or "en"."""
    data_dir: Path = Path("/var/lib/secretaryd")
    """Database, recordings, models, backups."""


@dataclass(frozen=True, slots=True)
class Modem:
    """[modem]: where the SIM7600 is and how its sound comes."""

    at_port: str = "auto"
    """"auto" finds the AT interface of a SIM7600 on USB; or a path."""
    pcm_port: str = "auto"
    """"auto" finds the audio interface; a path; or "" where the sound comes over ALSA."""
    audio: str = "pcm"
    """"pcm" (the modem's serial audio port) or "alsa" (its analogue codec on a sound card)."""
    alsa_capture: str = "default"
    """ALSA capture device, the caller's voice."""
    alsa_playback: str = "default"
    """ALSA playback device, the secretary's voice."""
    sim_pin_file: str = ""
    """File of mode 0600 that holds the SIM's PIN; tried once, never again until the file changes."""
    power_gpio: int = 0
    """GPIO line (Broadcom's count) of the modem's power key, 6 on Waveshare's HAT; 0 where there is none."""
    sim_pin_secret: str = ""
    """Name of a secret that holds the PIN, instead of a file; without either it is "sim_pin": secretaryctl secrets
    set sim_pin."""


@dataclass(frozen=True, slots=True)
class Call:
    """[call]: how calls are taken."""

    answer_after_rings: int = 1
    """1 to 10."""
    max_seconds: int = 600
    """A call is ended politely after so long; 30 to 7200."""
    record: bool = True
    """Keep a recording; callers are told by an announcement that no greeting can remove."""
    greeting: str = ""
    """Spoken first; empty takes the persona's."""


@dataclass(frozen=True, slots=True)
class Stt:
    """[stt]: the recogniser."""

    model: str = "starter"
    """A path, a name from the catalogue, or "starter", the bundled one."""
    english: str = ""
    """A second one, for callers who speak English to a Russian box: a path or a name from the catalogue. With
    tts.english the call then goes on in English; without, an English message is kept as sound."""
    second: str = ""
    """A better one, with which calls are heard once more when nobody calls: the name of any installed Vosk model, or a
    path. What it hears is kept beside the first transcript. Empty for none."""


@dataclass(frozen=True, slots=True)
class Tts:
    """[tts]: the voice."""

    voice: str = "starter"
    """A path, a name from the catalogue, or "starter", the bundled one."""
    english: str = ""
    """A second one, for calls that go on in English: a path or a name from the catalogue."""


@dataclass(frozen=True, slots=True)
class LlmNode:
    """[[llm.node]]: a further language-model server, in order of preference after the local one."""

    name: str = ""
    """How it is called in logs and on the health page."""
    url: str = ""
    """Base URL of an OpenAI-compatible API, up to and without /v1."""
    model: str = ""
    """Model name to ask it for."""
    api_key_file: str = ""
    """File of mode 0600 with the key; empty for none."""
    api_key_secret: str = ""
    """Name of a secret that holds the key, instead of a file: secretaryctl secrets set."""


@dataclass(frozen=True, slots=True)
class Llm:
    """[llm]: the language model."""

    model: str = "starter"
    """A path to a GGUF, a name from the catalogue, "starter", or "" for none."""
    allow_starter: bool = False
    """The bundled chat model is a toy: it speaks to callers only where this is true (the simulator sets it)."""
    pace: str = ""
    """"" for full speed, or "PREFILL/DECODE" tokens per second, to try a slower machine's speed ("30/8", "5/3")."""
    node: tuple[LlmNode, ...] = ()
    """Further nodes."""


@dataclass(frozen=True, slots=True)
class Dial:
    """[dial]: calls that the box makes by itself. Emergency numbers are never dialled, whatever stands here."""

    enabled: bool = False
    """Whether the box may dial at all."""
    allow: tuple[str, ...] = ()
    """Numbers beyond Russian landlines and mobiles: "+78001234567", "900", or a beginning such as "+375*". Premium and
    satellite numbers only one by one."""
    calls_a_day: int = 20
    """At most so many calls from midnight to midnight; 1 to 500."""
    minutes_a_day: int = 60
    """At most so many minutes of them; 1 to 1440."""
    ring_seconds: int = 50
    """A call that nobody answers is given up after so long; 15 to 120."""
    call_back: str = "ask"
    """Who asked to be called back is called by the owner's order ("ask") or by the box itself ("always")."""
    call_back_hours: str = "09:00-20:00"
    """With "always": only between these times of the day."""


@dataclass(frozen=True, slots=True)
class Sim:
    """[sim]: the SIM card and its operator."""

    balance_code: str = ""
    """USSD code that asks for the balance, such as "*100#"; empty takes the operator's known one."""
    balance_low: int = 50
    """Roubles; below that the owner is told."""
    balance_every_hours: int = 24
    """Between two questions for the balance; 0 for never."""
    number: str = ""
    """The SIM's own number, such as "+79161234567": shown to people, dialled by nobody. Empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Board:
    """[board]: a light and a button on the Raspberry Pi's GPIO lines, by Broadcom's count; 0 for none."""

    led_gpio: int = 0
    """Shows the state: slow wink ready, steady in a call, fast ringing, even blinking deaf."""
    button_gpio: int = 0
    """Closes to ground. Held for two seconds: tells the page's address, aloud over `speaker`, else to `sms.owner` by
    SMS; pressed: hushes the ringing until the next call."""
    speaker: str = ""
    """A loudspeaker in the room, as `aplay -L` lists it; empty for none."""
    ring: bool = False
    """Rings in the room, over `speaker`, while a call has not been answered yet."""


@dataclass(frozen=True, slots=True)
class Sms:
    """[sms]: short messages. They are kept before they are deleted from the SIM."""

    enabled: bool = True
    """Whether messages are taken from the modem, and sent. Off, they stay on the SIM."""
    owner: tuple[str, ...] = ()
    """The owner's mobile numbers, told of every message that a caller leaves."""
    commands: tuple[str, ...] = ()
    """Numbers whose messages "статус", "перезвони", "выключи запись", "включи запись" are obeyed. A sender's number can
    be forged; the answer goes to the number that stands here."""
    missed_text: str = ""
    """Sent to a caller whom nobody answered; empty for none. {company} and {name} may stand in it."""
    busy_text: str = ""
    """Sent to a caller who rang while the line was busy; empty for none."""
    broken_text: str = ""
    """Sent to a caller whose call broke off (no sound, the modem lost) and who is not talked to again within a minute;
    empty for none. The owner is told of it in any case."""
    reply_hours: int = 12
    """To one number at most one such message in so many hours; 1 to 168."""
    confirm_text: str = ""
    """Sent to a caller who left a call-back number; {number} is that number. Empty for none."""
    allow: tuple[str, ...] = ()
    """Numbers beyond Russian mobiles that may be written to: "900", "+375291234567", or a beginning such as "+375*"."""
    daily_cap: int = 50
    """At most so many parts of messages a day; 1 to 1000."""
    quiet_hours: str = "22:00-08:00"
    """What the box writes by itself waits for the end of these; empty for none."""


@dataclass(frozen=True, slots=True)
class Web:
    """[web]: the page on the LAN."""

    listen: str = "127.0.0.1:8080"
    """HOST:PORT."""
    tls: bool = False
    """HTTPS, with a certificate that the box makes and renews, or with your own."""
    certificate: str = ""
    """Your own: a PEM file with the chain, readable for the page's process; empty for the box's."""
    key: str = ""
    """Its key, a PEM file without a password."""
    redirect: str = ""
    """HOST:PORT where plain HTTP is shown the way to HTTPS, such as "0.0.0.0:80"; empty for nowhere."""
    hosts: tuple[str, ...] = ()
    """Names of yours for the box, beyond secretary.local, its host name and its addresses: "secretary.lan"."""
    setup_file: str = ""
    """Until the first owner has come his link stands in this file too; empty for none. An installed box shows it in
    /boot/firmware/secretary-setup.txt and above the login prompt in any case."""


@dataclass(frozen=True, slots=True)
class Keep:
    """[keep]: how long what was kept is kept. Calls that the owner keeps (`secretaryctl calls keep`) stay for ever."""

    audio_days: int = 30
    """Recordings; 0 for ever."""
    text_days: int = 365
    """Calls with their words and messages; 0 for ever."""
    audit_days: int = 1095
    """Who changed what; 0 for ever."""
    format: str = "opus"
    """What recordings become after the call: "opus" (an eighth of the size), "flac" (half, bit for bit), "mp3" (an
    eighth; needs the program lame), or "wav"."""
    warn_percent: int = 80
    """From how full a disk on an alert is raised."""
    purge_percent: int = 90
    """From how full a disk on the oldest recordings are removed, never a call's words."""


@dataclass(frozen=True, slots=True)
class StorageSection:
    """[storage]: the database."""

    url: str = ""
    """"sqlite:///PATH"; empty is data_dir/secretary.db."""


@dataclass(frozen=True, slots=True)
class Backup:
    """[backup]: encrypted backups; see also `secretaryctl backup key`."""

    nightly: bool = True
    """Make one every night, when no call runs."""
    at: str = "03:30"
    """HH:MM in box.timezone."""
    folder: str = ""
    """Where they lie; empty is data_dir/backups. A stick has to be mounted there."""
    recordings: bool = False
    """Take the recordings along."""
    keep_daily: int = 7
    """Nightly ones are kept of so many days …"""
    keep_weekly: int = 4
    """… and of so many weeks. What was made by hand stays."""


@dataclass(frozen=True, slots=True)
class Control:
    """[control]: the one door into the core."""

    socket: Path = Path("/run/secretaryd/control.sock")
    """Unix socket, mode 0660; the sockets of speech and llm lie beside it."""


@dataclass(frozen=True, slots=True)
class Logs:
    """[logs]: what is written to the journal or the terminal."""

    level: str = "info"
    """"debug", "info", "warning" or "error"."""
    mask_numbers: bool = True
    """Telephone numbers are shown as +7916•••4567."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole tree."""

    box: Box = field(default_factory=Box)
    modem: Modem = field(default_factory=Modem)
    call: Call = field(default_factory=Call)
    stt: Stt = field(default_factory=Stt)
    tts: Tts = field(default_factory=Tts)
    llm: Llm = field(default_factory=Llm)
    dial: Dial = field(default_factory=Dial)
    sim: Sim = field(default_factory=Sim)
    board: Board = field(default_factory=Board)
    sms: Sms = field(default_factory=Sms)
    web: Web = field(default_factory=Web)
    storage: StorageSection = field(default_factory=StorageSection)
    keep: Keep = field(default_factory=Keep)
    backup: Backup = field(default_factory=Backup)
    control: Control = field(default_factory=Control)
    logs: Logs = field(default_factory=Logs)

    @property
    def database_url(self) -> str:
        """The database's URL with its default filled in."""
        return self.storage.url or f"sqlite:///{self.box.data_dir / 'secretary.db'}"

    @property
    def runtime_dir(self) -> Path:
        """Where the sockets lie."""
        return self.control.socket.parent

    @property
    def speech_socket(self) -> Path:
        """Socket of the speech process."""
        return self.runtime_dir / "speech.sock"

    @property
    def llm_socket(self) -> Path:
        """Socket of the llm process."""
        return self.runtime_dir / "llm.sock"
