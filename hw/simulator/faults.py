"""Faults seen in the field, switched on and off while the simulator runs: a table, to which others are added.

A standing fault is looked up where it acts; an instant one is carried out once by the simulator when it is set.
"""

import difflib
from dataclasses import dataclass
from typing import Any

from hw.simulator.options import OptionError, check


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault; `options` name its parameters with their defaults (whose types are checked)."""

    about: str
    options: dict[str, Any]
    instant: bool = False


TABLE: dict[str, Fault] = {
    # SIM and network
    "sim_absent": Fault("AT+CPIN? -> SIM not inserted; set in mid-session also +CPIN: SIM REMOVED", {}),
    "sim_pin": Fault("the SIM asks for a PIN", {"pin": "1234"}),
    "sim_puk": Fault("the SIM asks for a PUK", {}),
    "sim_failure": Fault("AT+CPIN? -> SIM failure", {}),
    "not_registered": Fault("CREG and CEREG tell `stat` (2 searching, 3 denied), no operator", {"stat": 2}),
    "lte_only": Fault("CREG 3 for ever while CEREG is 1 and calls work", {}),
    "no_signal": Fault("CSQ 99,99", {}),
    "clock_unset": Fault("CCLK before the network's time: 80/01/06", {}),
    # AT port
    "garbage": Fault("undefined bytes and half lines on the AT port every `every` seconds", {"every": 0.5}),
    "mute": Fault("the AT port answers nothing", {}),
    "hung": Fault("the module hears and says nothing until its power was off", {}),
    "slow": Fault("every command takes `seconds` longer", {"seconds": 3.5}),
    "late_ok": Fault(
        "the final result of the next `count` commands comes `seconds` late", {"count": 1, "seconds": 8.0}
    ),
    "duplicate_urcs": Fault("every URC twice (as with a second port open)", {}),
    # calls
    "clip_missing": Fault("RING without +CLIP", {}),
    "clip_withheld": Fault("+CLIP with an empty number", {}),
    "clip_unavailable": Fault("+CLIP with validity 2", {}),
    "clip_malformed": Fault("+CLIP that is not one (`form` 0..5)", {"form": 0}),
    "no_end": Fault("the remote end of a call gives NO CARRIER only", {}),
    "no_no_carrier": Fault("the remote end of a call gives VOICE CALL: END only", {}),
    "silent_end": Fault("the remote end of a call gives no URC at all; +CLCC shows no rows", {}),
    "late_missed": Fault("MISSED_CALL comes `seconds` late", {"seconds": 60.0}),
    "chup_ignored": Fault("the next `count` CHUP get OK and end nothing", {"count": 1}),
    "answer_refused": Fault("the next `count` ATA get ERROR", {"count": 1}),
    "no_rxdtmf": Fault("no +RXDTMF: digits only in the sound", {}),
    # messages
    "sms_memory_full": Fault("no room for messages: +SMS FULL, the network holds them; sending -> CMS 322", {}),
    "sms_unreadable": Fault("the next `count` CMGR, and every CMGL, get CMS `code`", {"count": 1, "code": 320}),
    "sms_delete_refused": Fault("the next `count` CMGD get CMS 500", {"count": 1}),
    "sms_refused": Fault("the network refuses the next `count` messages of ours with `code`", {"count": 1, "code": 42}),
    "sms_timeout": Fault(
        "the next `count` CMGS are not answered though the network took the message; +CMGS comes `late` or never",
        {"count": 1, "seconds": 70.0, "late": True},
    ),
    "sms_no_report": Fault("no status reports", {}),
    "sms_undelivered": Fault("status reports tell `status` (TP-ST)", {"status": 0x46}),
    "sms_no_cmti": Fault("messages are stored without +CMTI", {}),
    "sms_twice": Fault("the network delivers every PDU twice", {}),
    "sms_parts_reversed": Fault("the parts of a long message come in reverse order", {}),
    # USSD
    "ussd": Fault("the operator answers `m` (2 ended, 4 unsupported, 5 late) and no text; -1: not at all", {"m": 2}),
    # sound
    "pcm_error": Fault("CPCMREG=1 -> ERROR `count` times", {"count": 3}),
    "pcm_late": Fault("CPCMREG=1 -> OK, but CPCMREG? stays 0 and nothing flows for `seconds`", {"seconds": 2.0}),
    "pcm_silent": Fault("the PCM port gives no bytes after `seconds` of them", {"seconds": 0.0}),
    "pcm_zeros": Fault("the PCM port gives digital silence", {}),
    "pcm_16k": Fault("the downlink comes at 16 kHz whatever was set", {}),
    "pcm_degraded": Fault("from the second call after a reset: first CPCMREG=1 fails, sound is chopped", {}),
    "uplink_stuck": Fault("the module takes no more uplink after `seconds` of it", {"seconds": 0.0}),
    "uplink_mute": Fault("uplink is taken but not audible", {}),
    # instant
    "port_loss": Fault(
        "both ports vanish for `seconds`; the call is lost with `reset`",
        {"seconds": 3.0, "renumber": True, "reset": True},
        instant=True,
    ),
    "reboot": Fault("the module restarts by itself: settings lost, RDY (ports stay)", {}, instant=True),
    "waiting_call": Fault(
        "a second caller knocks for `seconds`", {"number": "+79031112233", "seconds": 10.0}, instant=True
    ),
    "sms_ghost": Fault("+CMTI for a slot of `memory` with nothing in it", {"memory": "ME", "index": 7}, instant=True),
    "bytes": Fault("`hex` once on the AT port", {"hex": "ff00fe"}, instant=True),
}


class FaultBoard:
    """The faults now on."""

    def __init__(self) -> None:
        self._on: dict[str, dict[str, Any]] = {}

    def on(self, name: str) -> bool:
        """Whether a standing fault is on."""
        return name in self._on

    def get(self, name: str, option: str) -> Any:
        """A parameter of a fault that is on."""
        return self._on[name][option]

    def take(self, name: str) -> bool:
        """Uses up one of a fault's `count`; False when it is off."""
        if name not in self._on:
            return False
        self._on[name]["count"] -= 1
        if self._on[name]["count"] <= 0:
            del self._on[name]
        return True

    def set(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Switches a fault on (an instant one is only checked); returns its full options. Raises OptionError."""
        fault = TABLE.get(name)
        if fault is None:
            close = difflib.get_close_matches(name, TABLE, 1)
            raise OptionError([f"unknown fault {name!r}" + (f" (did you mean {close[0]}?)" if close else "")])
        problems = [f"{name}.{key}: unknown option" for key in options if key not in fault.options]
        for key, default in fault.options.items():
            if key in options and (problem := check(options[key], type(default))):
                problems.append(f"{name}.{key}: {problem}")
        if problems:
            raise OptionError(problems)
        full = {**fault.options, **options}
        if not fault.instant:
            self._on[name] = full
        return full

    def clear(self, name: str | None) -> None:
        """Switches one fault off, or all. Raises OptionError for an unknown name."""
        if name is None:
            self._on.clear()
        elif name in TABLE:
            self._on.pop(name, None)
        else:
            raise OptionError([f"unknown fault {name!r}"])

    def all(self) -> dict[str, dict[str, Any]]:
        """The faults that are on, with their options."""
        return {name: dict(options) for name, options in self._on.items()}
