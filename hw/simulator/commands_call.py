"""What each AT command about calls, sound and USSD does (PURE). AT manual V3.00 chapters 5 and 4.2.6."""

# ruff: noqa: ARG001 (every handler has the same signature)

from collections.abc import Callable
from typing import TYPE_CHECKING

from hw.simulator.at_lexer import Command, Form
from hw.simulator.modem_state import ERROR, OK, Reply, SentDigits, Stat

if TYPE_CHECKING:
    from hw.simulator.module import Module

Handler = Callable[["Module", Command, float], Reply]

DIAL_CHARACTERS = frozenset("0123456789*#+ABCabc,TtPp!Ww@Ii")
MAX_USSD = 182


def _auto_answer(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply((f"{module.state.auto_answer:03d}",))
    if command.form is not Form.SET or not command.text.isdigit() or int(command.text) > 255:
        return ERROR
    module.state.auto_answer = int(command.text)
    return OK


def _answer(module: "Module", command: Command, now: float) -> Reply:
    return module.calls.answer(now) if command.form is Form.EXECUTE else ERROR


def _dial(module: "Module", command: Command, now: float) -> Reply:
    text = command.text.strip()
    if not text.endswith(";"):
        return Reply(final="NO CARRIER")  # a data call: not offered by the network
    number = "".join(char for char in text[:-1] if char in DIAL_CHARACTERS and char not in ",TtPp!Ww@Ii")
    if not number or any(char not in DIAL_CHARACTERS for char in text[:-1]):
        return ERROR
    return module.outgoing.dial(number, now)


def _hook(module: "Module", command: Command, now: float) -> Reply:
    if command.text not in ("", "0"):
        return ERROR
    return module.calls.hang_up(now) if module.state.value("+CVHU") == "0" else OK


# --- calls ------------------------------------------------------------------------------------------------------------


def _list_calls(module: "Module", command: Command, now: float) -> Reply:
    match command.form:
        case Form.EXECUTE:
            return Reply(tuple(module.calls.row(call) for call in module.state.calls))
        case Form.READ:
            return Reply((f"+CLCC: {module.state.value('+CLCC')}",))
        case Form.TEST:
            return Reply(("+CLCC: (0-1)",))
    if command.args not in (("0",), ("1",)):
        return ERROR
    module.state.values["+CLCC"] = command.args
    return OK


def _clip(module: "Module", command: Command, now: float) -> Reply:
    match command.form:
        case Form.READ:
            return Reply((f"+CLIP: {module.state.value('+CLIP')},1",))
        case Form.TEST:
            return Reply(("+CLIP: (0-1)",))
        case Form.SET if command.args in (("0",), ("1",)):
            module.state.values["+CLIP"] = command.args
            return OK
    return ERROR


def _hang_up(module: "Module", command: Command, now: float) -> Reply:
    return module.calls.hang_up(now) if command.form is Form.EXECUTE else OK if command.form is Form.TEST else ERROR


def _waiting(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply((f"+CCWA: {module.state.value('+CCWA')}",))
    if command.form is Form.TEST:
        return Reply(("+CCWA: (0-1)",))
    if command.form is not Form.SET or command.text not in ("0", "1") or len(command.args) > 3:
        return ERROR
    if len(command.args) > 1 and not module.reachable(now):
        return module.cme(30)
    if command.args[1:2] == ("2",):
        return Reply(("+CCWA: 1,1",))
    module.state.values["+CCWA"] = (command.text,)
    return OK


def _hold(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.TEST:
        return Reply(("+CHLD: (0,1,1x,2,2x,3,4)",))
    waiting = [call for call in module.state.calls if call.stat is Stat.WAITING]
    if command.form is Form.SET and command.text == "0" and waiting:
        module.state.calls.remove(waiting[0])
        return OK
    return module.cme(3)  # holding and swapping are not modelled yet


def _cause(module: "Module", command: Command, now: float) -> Reply:
    return Reply((f"+CEER: {module.state.last_cause}",)) if command.form is Form.EXECUTE else ERROR


def _send_digits(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.TEST:
        return Reply(("+VTS: (0-9,*,#,A,B,C,D)",))
    if command.form is not Form.SET or module.state.active() is None:
        return ERROR
    digits = command.text.replace(",", "").upper() if command.quoted[0] else command.text.upper()
    if not 0 < len(digits) <= 29 or set(digits) - set("0123456789*#ABCD"):
        return ERROR
    if len(digits) > 1 and not command.quoted[0]:
        return ERROR
    module.effect(SentDigits(digits))
    return Reply(extra_s=0.1 * len(digits))


def _ddet(module: "Module", command: Command, now: float) -> Reply:
    if module.profile.ddet == "error":
        return ERROR
    if command.form is Form.READ:
        return Reply((f"+DDET: {module.state.value('+DDET')}",))
    if command.form is not Form.SET or command.text not in ("0", "1"):
        return ERROR
    module.state.values["+DDET"] = (command.text,)
    return OK


def _in_call_only(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply((f"{command.name}: 0",))
    return OK if command.form is Form.SET and command.text.isdigit() and module.state.active() else ERROR


def _pcm(module: "Module", command: Command, now: float) -> Reply:
    match command.form:
        case Form.READ:
            return Reply((f"+CPCMREG: {int(module.state.pcm_on)}",))
        case Form.TEST:
            return Reply(("+CPCMREG: (0-1)",))
        case Form.SET if command.args == ("1",):
            return module.calls.start_pcm(now)
        case Form.SET if command.args in (("0",), ("0", "1")):
            return module.calls.unregister_pcm()
    return ERROR


def _pcm_format(module: "Module", command: Command, now: float) -> Reply:
    match command.form:
        case Form.READ:
            return Reply((f"+CPCMFRM: {int(module.state.pcm_16k)}",))
        case Form.TEST:
            return Reply(("+CPCMFRM: (0-1)",))
        case Form.SET if command.args == ("1",):
            module.state.pcm_16k = True
            return OK
        case Form.SET if command.args == ("0",) and not module.state.pcm_16k and module.profile.cpcmfrm0 == "ok":
            return OK
    return ERROR  # from 16 kHz there is no way back but a reset (AT manual 5.2.43)


# --- USSD ------------------------------------------------------------------------------------------------------------


def _ussd(module: "Module", command: Command, now: float) -> Reply:
    if command.form is not Form.SET or command.text not in ("0", "1", "2"):
        return ERROR
    if command.text != "1" or len(command.args) < 2:
        return OK
    if not module.reachable(now):
        return module.cme(30)
    wide = module.state.value("+CSCS") == "UCS2"
    if module.state.calls or not _ussd_code(command.args[1], wide).endswith("#"):
        return module.cme(258)
    text = module.profile.ussd_answer[:MAX_USSD]
    ucs2 = text.encode("utf-16-be").hex().upper()
    shown = (ucs2, 72) if module.profile.ussd_ucs2 else (ucs2 if wide else text, 15)
    line = f'+CUSD: 0,"{shown[0]}",{shown[1]}'
    if module.faults.on("ussd"):
        status = int(module.faults.get("ussd", "m"))
        if status < 0:
            return OK
        line = f"+CUSD: {status}"
    return Reply(after=lambda at: module.port.at(at + module.profile.ussd_s, lambda _: module.port.urc(line)))


def _ussd_code(text: str, wide: bool) -> str:
    """The code in the terminal's character set (27.007, 7.15; manual 4.2.6); "" for what is none. Packed GSM 7 bit is
    refused by this module whatever the set is."""
    if not wide:
        return text
    try:
        return bytes.fromhex(text).decode("utf-16-be")
    except (ValueError, UnicodeDecodeError):
        return ""


CALL_TABLE: dict[str, Handler] = {
    "S0": _auto_answer,
    "A": _answer,
    "D": _dial,
    "H": _hook,
    "+CLCC": _list_calls,
    "+CLIP": _clip,
    "+CHUP": _hang_up,
    "+CCWA": _waiting,
    "+CHLD": _hold,
    "+CEER": _cause,
    "+VTS": _send_digits,
    "+DDET": _ddet,
    "+CMUT": _in_call_only,
    "+VMUTE": _in_call_only,
    "+CECM": _in_call_only,
    "+CPCMREG": _pcm,
    "+CPCMFRM": _pcm_format,
    "+CUSD": _ussd,
}
