"""What each AT command does; anything not here or in SETTINGS is answered by ERROR (PURE)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hw.simulator.at_lexer import Command, Form
from hw.simulator.modem_state import ERROR, OK, Reply, SentDigits, Stat

if TYPE_CHECKING:
    from hw.simulator.module import Module

Handler = Callable[["Module", Command, float], Reply]

DIAL_CHARACTERS = frozenset("0123456789*#+ABCabc,TtPp!Ww@Ii")
MAX_USSD = 182


def _fixed(*lines: str, forms: tuple[Form, ...] = (Form.EXECUTE,)) -> Handler:
    return lambda module, command, now: Reply(lines) if command.form in forms else ERROR


def _basic(*allowed: str) -> Handler:
    """A basic command of which only these values exist."""
    return lambda module, command, now: OK if command.form is not Form.READ and command.text in allowed else ERROR


# --- V.25ter ------------------------------------------------------------------------------------------------------


def _echo(module: "Module", command: Command, now: float) -> Reply:
    if command.text not in ("", "0", "1"):
        return ERROR
    module.port.echo = command.text == "1"
    return OK


def _defaults(module: "Module", command: Command, now: float) -> Reply:
    if command.text not in ("", "0"):
        return ERROR
    module.port.echo = True
    for name in ("+CMEE", "+CLIP", "+CRC", "+CREG", "+CEREG", "+CCWA"):
        module.state.values[name] = ("0",)
    return OK


def _identify(module: "Module", command: Command, now: float) -> Reply:
    return Reply(
        (
            "Manufacturer: SIMCOM INCORPORATED",
            "Model: SIMCOM_SIM7600G-H",
            "Revision: SIM7600G_V2.0.2",
            f"IMEI: {module.profile.imei}",
            "+GCAP: +CGSM",
        )
    )


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
    return module.calls.dial(number, now)


def _hook(module: "Module", command: Command, now: float) -> Reply:
    if command.text not in ("", "0"):
        return ERROR
    return module.calls.hang_up(now) if module.state.value("+CVHU") == "0" else OK


# --- identity, SIM, network -----------------------------------------------------------------------------------------


def _imei(module: "Module", command: Command, now: float) -> Reply:
    return Reply((module.profile.imei,)) if command.form is Form.EXECUTE else ERROR


def _revision(module: "Module", command: Command, now: float) -> Reply:
    return Reply((f"+CGMR: {module.profile.firmware}",)) if command.form is Form.EXECUTE else ERROR


def _pin(module: "Module", command: Command, now: float) -> Reply:
    if (refusal := module.sim_error(now)) is not None:
        return refusal
    word = module.sim_word()
    if command.form is Form.READ:
        return Reply((f"+CPIN: {word}",))
    if command.form is not Form.SET:
        return ERROR
    if word != "SIM PIN":
        return module.cme(12 if word == "SIM PUK" else 3)
    if command.text != module.faults.get("sim_pin", "pin"):
        module.state.pin_tries -= 1
        return module.cme(16)
    module.state.pin_given, module.state.pin_tries = True, 3

    def ready(at: float) -> None:
        for text in ("+CPIN: READY", "SMS DONE", "PB DONE"):
            module.port.urc(text)
        module.fault_changed("sim_pin", at, on=False)

    return Reply(after=ready)


def _pin_tries(module: "Module", command: Command, now: float) -> Reply:
    rest = module.profile.sim_tries.split(",", 1)[1]
    return Reply((f"+SPIC: {module.state.pin_tries},{rest}",)) if command.form is Form.EXECUTE else ERROR


def _signal(module: "Module", command: Command, now: float) -> Reply:
    return Reply((f"+CSQ: {module.signal()}",)) if command.form is Form.EXECUTE else ERROR


def _registration(which: int) -> Handler:
    def handler(module: "Module", command: Command, now: float) -> Reply:
        name = command.name
        if command.form is Form.TEST:
            return Reply((f"{name}: (0-2)",))
        if command.form is Form.READ:
            mode, stat = module.state.value(name), module.registration(now)[which]
            where = ',"775C","06F95905"' + (",7" if which else "") if mode == "2" and stat == 1 else ""
            return Reply((f"{name}: {mode},{stat}{where}",))
        if command.form is not Form.SET or command.args not in (("0",), ("1",), ("2",)):
            return ERROR
        module.state.values[name] = command.args
        return OK

    return handler


def _operator(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        known = f',0,"{module.profile.operator}",{7 if module.profile.volte else 2}' if module.reachable(now) else ""
        return Reply((f"+COPS: 0{known}",))
    if command.form is Form.TEST:
        name = module.profile.operator
        return Reply((f'+COPS: (2,"{name}","MTS","25001",7),,(0-4),(0-2)',), extra_s=30.0, abortable=True)
    return OK if command.form is Form.SET and command.text in ("0", "3") else ERROR


def _system(module: "Module", command: Command, now: float) -> Reply:
    if command.form is not Form.READ:
        return ERROR
    if not module.reachable(now):
        return Reply(("+CPSI: NO SERVICE, Online",))
    return Reply(("+CPSI: LTE,Online,250-01,0x775C,117004595,399,EUTRAN-BAND3,1650,5,5,-83,-835,-552,15",))


def _net_mode(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.SET and command.args in (("0",), ("1",)):
        module.state.values["+CNSMOD"] = command.args
        return OK
    if command.form is not Form.READ:
        return ERROR
    mode = 8 if module.profile.volte or not module.state.calls else 4
    return Reply((f"+CNSMOD: {module.state.value('+CNSMOD')},{mode if module.reachable(now) else 0}",))


def _clock(module: "Module", command: Command, now: float) -> Reply:
    return Reply((f'+CCLK: "{module.clock()}"',)) if command.form is Form.READ else ERROR


def _functionality(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply((f"+CFUN: {module.state.fun}",))
    if command.form is not Form.SET or command.text not in ("0", "1", "4", "5", "6", "7"):
        return ERROR
    if command.text == "6" or command.args == ("1", "1"):
        return Reply(after=lambda _: module.restart(module.profile.reset_s))
    if module.state.fun == 7 or len(command.args) > 2:
        return module.cme(3)  # offline is left only by a restart
    module.state.fun = int(command.text)

    def changed(at: float) -> None:
        if module.state.fun != 1:
            module.calls.remote_hang_up(at)
        module.port.at(at + 2.0, lambda when: module.fault_changed("not_registered", when, on=False))

    return Reply(after=changed)


def _reset(module: "Module", command: Command, now: float) -> Reply:
    return Reply(after=lambda _: module.restart(module.profile.reset_s)) if command.form is Form.EXECUTE else ERROR


def _power_off(module: "Module", command: Command, now: float) -> Reply:
    return Reply(after=lambda _: module.restart(module.profile.power_s)) if command.form is Form.EXECUTE else ERROR


def _usb_mode(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply(("+CUSBPIDSWITCH: 9001",))
    if command.form is not Form.SET or len(command.args) != 3 or command.args[1:] not in (("0", "0"), ("1", "1")):
        return ERROR
    return OK if command.text == "9001" else ERROR


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


# --- messages (an empty store: SMS come in a later release) and USSD --------------------------------------------------


def _storage(module: "Module", command: Command, now: float) -> Reply:
    names = module.state.values["+CPMS"]
    if command.form is Form.READ:
        return Reply(("+CPMS: " + ",".join(f'"{name}",0,23' for name in names),))
    if command.form is Form.TEST:
        return Reply(('+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM","SR"),("ME","SM")',))
    if command.form is not Form.SET or not 1 <= len(command.args) <= 3:
        return module.cms(302)
    if set(command.args[:2]) - {"ME", "MT", "SM", "SR"} or set(command.args[2:]) - {"ME", "SM"}:
        return module.cms(302)
    module.state.values["+CPMS"] = command.args + names[len(command.args) :]
    return Reply(("+CPMS: 0,23,0,23,0,23",))


def _no_message(module: "Module", command: Command, now: float) -> Reply:
    return module.cms(321) if command.form is Form.SET else ERROR


def _list_messages(module: "Module", command: Command, now: float) -> Reply:
    return OK if command.form in (Form.SET, Form.EXECUTE, Form.TEST) else ERROR


def _send_message(module: "Module", command: Command, now: float) -> Reply:
    if command.form is not Form.SET or not command.text:
        return module.cms(304)
    refusal = module.sim_error(now)
    module.port.expect_body(lambda text, at: refusal or Reply(("+CMGS: 1",), extra_s=1.0))
    return Reply(prompt=True)


def _ussd(module: "Module", command: Command, now: float) -> Reply:
    if command.form is not Form.SET or command.text not in ("0", "1", "2"):
        return ERROR
    if command.text != "1" or len(command.args) < 2:
        return OK
    if not module.reachable(now):
        return module.cme(30)
    if module.state.calls or not command.args[1].endswith("#"):
        return module.cme(258)
    text = module.profile.ussd_answer[:MAX_USSD]
    shown = (text.encode("utf-16-be").hex().upper(), 72) if module.profile.ussd_ucs2 else (text, 15)
    line = f'+CUSD: 0,"{shown[0]}",{shown[1]}'
    return Reply(after=lambda at: module.port.at(at + module.profile.ussd_s, lambda _: module.port.urc(line)))


TABLE: dict[str, Handler] = {
    "E": _echo,
    "V": _basic("1"),
    "Q": _basic("0", ""),
    "Z": _defaults,
    "&F": _defaults,
    "I": _identify,
    "S0": _auto_answer,
    "A": _answer,
    "D": _dial,
    "H": _hook,
    "+CGMI": _fixed("SIMCOM INCORPORATED"),
    "+CGMM": _fixed("SIMCOM_SIM7600G-H"),
    "+CGMR": _revision,
    "+CGSN": _imei,
    "+CPIN": _pin,
    "+SPIC": _pin_tries,
    "+CSQ": _signal,
    "+CREG": _registration(0),
    "+CEREG": _registration(1),
    "+COPS": _operator,
    "+CPSI": _system,
    "+CNSMOD": _net_mode,
    "+CCLK": _clock,
    "+CNUM": _fixed(),
    "+CFUN": _functionality,
    "+CRESET": _reset,
    "+CPOF": _power_off,
    "+CUSBPIDSWITCH": _usb_mode,
    "+CUSBAUDIO": _fixed("+CUSBAUDIO: 0", forms=(Form.READ,)),
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
    "+CPMS": _storage,
    "+CMGR": _no_message,
    "+CMGD": _list_messages,
    "+CMGL": _list_messages,
    "+CMGS": _send_message,
    "+CNMA": _no_message,
    "+CUSD": _ussd,
}
