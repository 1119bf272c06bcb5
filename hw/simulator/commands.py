"""What each AT command does; anything not here or in SETTINGS is answered by ERROR (PURE)."""

# ruff: noqa: ARG001, ARG005 (every handler has the same signature)

from collections.abc import Callable
from typing import TYPE_CHECKING

from hw.simulator.at_lexer import Command, Form
from hw.simulator.commands_call import CALL_TABLE
from hw.simulator.commands_sms import SMS_TABLE
from hw.simulator.modem_state import ERROR, OK, PinTried, Reply

if TYPE_CHECKING:
    from hw.simulator.module import Module

Handler = Callable[["Module", Command, float], Reply]


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
        module.effect(PinTried(False, module.state.pin_tries))
        return module.cme(16)
    module.state.pin_given, module.state.pin_tries = True, 3
    module.effect(PinTried(True, 3))

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


OPERATOR_NUMBER = "25001"
"""MCC and MNC of MTS."""


def _operator(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        style = module.state.values["+COPS"][0]
        name = OPERATOR_NUMBER if style == "2" else module.profile.operator
        known = f',{style},"{name}",{7 if module.profile.volte else 2}' if module.reachable(now) else ""
        return Reply((f"+COPS: 0{known}",))
    if command.form is Form.SET and command.args in (("3", "0"), ("3", "1"), ("3", "2")):
        module.state.values["+COPS"] = command.args[1:]
        return OK
    if command.form is Form.TEST:
        name = module.profile.operator
        return Reply((f'+COPS: (2,"{name}","MTS","{OPERATOR_NUMBER}",7),,(0-4),(0-2)',), extra_s=30.0, abortable=True)
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


OTHERS: dict[str, Handler] = CALL_TABLE | SMS_TABLE

TABLE: dict[str, Handler] = {
    "E": _echo,
    "V": _basic("1"),
    "Q": _basic("0", ""),
    "Z": _defaults,
    "&F": _defaults,
    "I": _identify,
    "+CGMI": _fixed("SIMCOM INCORPORATED"),
    "+CGMM": _fixed("SIMCOM_SIM7600G-H"),
    "+CGMR": _revision,
    "+CGSN": _imei,
    "+CPIN": _pin,
    "+SPIC": _pin_tries,
    "+CSQ": _signal,
    "+CREG": _registration(0),
    "+CEREG": _registration(1),
    "+CGREG": _registration(1),
    "+COPS": _operator,
    "+CGATT": _fixed("+CGATT: 1", forms=(Form.READ,)),
    "+CPSI": _system,
    "+CNSMOD": _net_mode,
    "+CCLK": _clock,
    "+CNUM": _fixed(),
    "+CFUN": _functionality,
    "+CRESET": _reset,
    "+CPOF": _power_off,
    "+CUSBPIDSWITCH": _usb_mode,
    "+CUSBAUDIO": _fixed("+CUSBAUDIO: 0", forms=(Form.READ,)),
} | OTHERS
