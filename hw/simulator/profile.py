"""Which SIM7600G-H this is: every behaviour that firmwares, carriers or manuals disagree on, as a named switch.

`NASTY` (the default) takes the most awkward plausible value of each, `PLAIN` the documented or kindest one. A TOML file
names a base and overrides: ``base = "plain"`` and then any field below.
"""

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from hw.simulator.options import OptionError, check


@dataclass(frozen=True, slots=True)
class Profile:
    """Times in seconds unless the name says otherwise. Defaults are the nastiest plausible values."""

    name: str = "nasty"

    # --- identity ---
    firmware: str = "LE20B03SIM7600M22"
    imei: str = "868822040000000"
    operator: str = "MTS RUS"
    sim_tries: str = "3,10,0,10"

    # --- line discipline of the AT port ---
    latency_s: float = 0.03
    """From CR to the first byte of the answer; the manual gives no figure for most commands."""
    latency_jitter_s: float = 0.03
    slow_every: int = 23
    """Every n-th command takes `slow_s` (field reports: a busy module needs seconds); 0 = never."""
    slow_s: float = 1.5
    line_gap_s: float = 0.004
    """Between the lines of one answer."""
    chunking: Literal["whole", "split"] = "split"
    """Whether a write to the host may be split at any byte."""
    urcs_inside_answers: bool = True
    """URCs may come between echo, lines and final result; no manual forbids it."""
    signal_urc_every: int = 5
    """With AUTOCSQ on: a +CSQ URC inside every n-th answer; 0 = never."""
    doubled_cr: bool = True
    """+CRING and +RXDTMF framed by CR CR LF, as ModemManager's tests record."""
    boot_garbage: bool = True
    """A few undefined bytes before RDY."""
    default_catr: int = 0

    # --- start ---
    sim_busy_s: float = 0.6
    """+CPIN? -> SIM busy for so long after start."""
    registered_after_s: float = 1.0
    boot_urc_gap_s: float = 0.15
    boot_urcs: bool = True
    reset_s: float = 15.0
    """CRESET, CFUN=1,1: from the ports' vanishing to their return (field: 14 to 23 s)."""
    power_s: float = 20.0

    # --- incoming calls ---
    ring_period_s: float = 6.0
    clcc_before_ring: bool = False
    clip_gap_s: float = 0.02
    first_clip_delay_s: float = 0.35
    """+CLIP of the first RING comes so late."""
    clip_fields: Literal["full", "alpha", "short"] = "full"
    """full: "num",145,,,,0   alpha: "num",145,,,"",0   short: "num",145"""
    number_form: Literal["international", "plain7", "national8"] = "plain7"
    """+79..., 145   79..., 129   89..., 161"""
    withheld_form: Literal["empty_128", "empty_129", "no_validity"] = "empty_129"
    answer_s: float = 0.35
    answer_order: Literal["ok_first", "begin_first"] = "begin_first"
    """ATA: the manual's table and its example disagree."""
    volte: bool = True
    """Voice over LTE (else the module falls back to 3G for a call and +CNSMOD tells)."""

    # --- end of calls ---
    end_form: Literal["colon_space", "no_space", "bare"] = "no_space"
    end_time: Literal["hhmmss", "seconds"] = "seconds"
    remote_end: Literal["end_first", "no_carrier_first", "end_only", "no_carrier_only"] = "no_carrier_first"
    chup_s: float = 0.25
    chup_order: Literal["end_first", "ok_first"] = "ok_first"
    chup_no_carrier: bool = True
    """NO CARRIER also after a hang-up of our own."""
    missed_form: Literal["no_carrier", "missed", "both", "missed_first"] = "both"
    missed_delay_s: float = 4.0
    reject_is_missed: bool = True
    """CHUP on a ringing call also emits MISSED_CALL."""
    ath_default_cvhu: int = 1
    """AT+CVHU at start; ATH hangs up only at 0."""

    # --- outgoing calls ---
    dial_s: float = 4.0
    """From ATD's OK to NO CARRIER where nobody waits for a call."""
    begin_at_ringback: bool = True
    """VOICE CALL: BEGIN and +CLCC 0 come with the network's first sound, not with the answer (seen on A7672)."""
    busy_word: Literal["BUSY", "NO CARRIER", "none"] = "none"
    """What tells that the far side is busy; with "none" only the tone does."""
    clcc_alerting: bool = False
    """+CLCC state 3 while it rings at the far side."""

    # --- DTMF ---
    ddet: Literal["ok", "error"] = "error"
    """AT+DDET=1 is in no manual."""
    rxdtmf_needs_ddet: bool = False
    dtmf_inband: bool = True
    """The tones are also audible on the line."""

    # --- PCM port ---
    pcm_hang_before_s: float = 0.08
    """CPCMREG=1 sooner than this after the call came up is not answered for `pcm_hang_s`, then ERROR."""
    pcm_hang_s: float = 4.0
    pcm_ready_after_s: float = 0.7
    """CPCMREG=1 sooner than this after the call came up -> ERROR (field: 0.1 to 15 s)."""
    pcm_switch_s: float = 0.15
    """OK comes so long before the sound (and before CPCMREG? says 1)."""
    pcm_error_needs_stop: bool = True
    """After an ERROR further CPCMREG=1 fail until CPCMREG=0,1 was sent once in this call."""
    pcm_survives_call: bool = True
    """The registration outlives the call: without CPCMREG=0,1 the next call's =1 fails."""
    cpcmfrm0: Literal["ok", "error"] = "error"
    """AT+CPCMFRM=0: documented as one-way, 8 to 16 kHz."""
    default_bandwidth: str = "0,1"
    """CPCMBANDWIDTH at start: VoLTE calls come at 16 kHz unless set to 1,1."""
    pcm_ppm: float = 50.0
    """The module's 8 kHz against the host's clock."""
    pcm_chunking: Literal["frames", "odd", "bursts"] = "odd"
    """How 20 ms reach the host: whole, in pieces of any (odd) length, or 40 ms at a time with odd lengths."""
    uplink_buffer_ms: int = 60
    """What the module holds towards the network; the rest waits in the port."""

    # --- messages ---
    sms_me_slots: int = 23
    """Of ME, and of SR (the manual's example)."""
    sms_sm_slots: int = 15
    """Of the SIM (seen: 15 to 50)."""
    sms_first_index: int = 0
    """Seen: 0; other families count from 1."""
    sms_centre: str = "+79168999100"
    sms_send_s: float = 1.5
    """From the body to +CMGS."""
    sms_report_s: float = 2.0
    """From +CMGS to the status report."""
    sms_full_urc: bool = True
    """+SMS FULL, which two drivers parse and no manual names."""
    cmgr_empty: Literal["error", "ok"] = "error"
    """AT+CMGR of an empty slot: +CMS ERROR 321, or OK alone."""
    sms_in_call: Literal["error", "ok"] = "error"
    """SMS commands while a call is up; the application note forbids to mix them."""

    # --- USSD ---
    ussd_s: float = 2.0
    ussd_answer: str = "Баланс: 152.30 руб."
    ussd_ucs2: bool = True


NASTY = Profile()

PLAIN = Profile(
    name="plain",
    latency_s=0.01,
    latency_jitter_s=0.0,
    slow_every=0,
    line_gap_s=0.0,
    chunking="whole",
    urcs_inside_answers=False,
    signal_urc_every=0,
    doubled_cr=False,
    boot_garbage=False,
    sim_busy_s=0.0,
    registered_after_s=0.0,
    boot_urc_gap_s=0.02,
    clcc_before_ring=True,
    first_clip_delay_s=0.02,
    number_form="international",
    withheld_form="empty_128",
    answer_s=0.1,
    answer_order="ok_first",
    volte=False,
    end_form="colon_space",
    end_time="hhmmss",
    remote_end="end_first",
    chup_s=0.1,
    chup_order="end_first",
    chup_no_carrier=False,
    missed_form="no_carrier",
    missed_delay_s=0.5,
    reject_is_missed=False,
    begin_at_ringback=False,
    busy_word="BUSY",
    clcc_alerting=True,
    ddet="ok",
    pcm_hang_before_s=0.0,
    pcm_ready_after_s=0.1,
    pcm_switch_s=0.0,
    pcm_error_needs_stop=False,
    pcm_survives_call=False,
    cpcmfrm0="ok",
    sms_send_s=0.2,
    sms_report_s=0.5,
    cmgr_empty="ok",
    sms_in_call="ok",
    default_bandwidth="1,1",
    pcm_ppm=0.0,
    pcm_chunking="frames",
)

BUILT_IN = {profile.name: profile for profile in (NASTY, PLAIN)}

_LIMITS: dict[str, tuple[float, float]] = {
    "ring_period_s": (0.1, 30.0),
    "pcm_ppm": (-500.0, 500.0),
    "uplink_buffer_ms": (20, 2000),
    "default_catr": (0, 7),
    "ath_default_cvhu": (0, 1),
    "sms_me_slots": (1, 255),
    "sms_sm_slots": (1, 255),
    "sms_first_index": (0, 1),
}
_ANY_TIME = (0.0, 600.0)


def _problem(name: str, value: object, hint: object) -> str | None:
    text = check(value, hint)
    if text is None and isinstance(value, int | float) and not isinstance(value, bool):
        low, high = _LIMITS.get(name, _ANY_TIME)
        if not low <= value <= high:
            return f"must be {low:g} to {high:g}, not {value:g}"
    return text


def with_overrides(base: Profile, values: dict[str, Any]) -> Profile:
    """`base` with some switches set otherwise. Raises OptionError naming every bad key and value at once."""
    hints = get_type_hints(Profile)
    problems: list[str] = []
    for key, value in values.items():
        if key not in hints:
            close = difflib.get_close_matches(key, hints, 1)
            problems.append(f"{key}: unknown switch" + (f" (did you mean {close[0]}?)" if close else ""))
        elif problem := _problem(key, value, hints[key]):
            problems.append(f"{key}: {problem}")
    if problems:
        raise OptionError(problems)
    floats = {key: float(value) for key, value in values.items() if hints[key] is float}
    return dataclasses.replace(base, **{**values, **floats})


def load_profile(name: str) -> Profile:
    """`nasty`, `plain`, or a TOML file. Raises OptionError (bad content) or OSError (no such file)."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    path = Path(name)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError([f"{path}: {error}"]) from error
    base = values.pop("base", "nasty")
    if base not in BUILT_IN:
        raise OptionError([f"base: must be one of {', '.join(BUILT_IN)}, not {base!r}"])
    return with_overrides(BUILT_IN[base], {"name": path.stem, **values})


def parse_override(text: str) -> tuple[str, Any]:
    """`KEY=VALUE` of the command line, the value as TOML writes it; bare words are strings. Raises OptionError."""
    key, sign, value = text.partition("=")
    if not sign:
        raise OptionError([f"{text}: KEY=VALUE expected"])
    try:
        return key.strip(), tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def choices(field: str) -> tuple[str, ...]:
    """The values a choice switch can take; for tests that try them all."""
    return tuple(get_args(get_type_hints(Profile)[field]))
