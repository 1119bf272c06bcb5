"""What each AT command about messages does (PURE). AT manual V3.00 chapter 9; SMS application note."""

# ruff: noqa: ARG001 (every handler has the same signature)

from collections.abc import Callable
from typing import TYPE_CHECKING

from hw.simulator import sms_pdu
from hw.simulator.at_lexer import Command, Form
from hw.simulator.modem_state import ERROR, OK, SETTINGS, Reply
from hw.simulator.sms_store import WORDS, Memory, Slot, State

if TYPE_CHECKING:
    from hw.simulator.module import Module

Handler = Callable[["Module", Command, float], Reply]
Act = Callable[["Module", Command, float], Reply]

READABLE = ("ME", "MT", "SM", "SR")
RECEIVING = ("ME", "SM")
ALL = 4
MAX_TPDU = 164


def _guarded(act: Act) -> Handler:
    """SIM there and usable, no call up."""

    def handler(module: "Module", command: Command, now: float) -> Reply:
        if (refusal := module.sim_error(now)) is not None:
            return refusal if module.state.value("+CMEE") == "0" else module.cms(310)
        return module.messages.in_call(command.name) or act(module, command, now)

    return handler


def _real(kind: str) -> str:
    return "ME" if kind == "MT" else kind


def _memory(module: "Module", place: int = 0) -> tuple[str, Memory]:
    kind = _real(module.state.values["+CPMS"][place])
    return kind, module.messages.memories[kind]


def _storage(module: "Module", command: Command, now: float) -> Reply:
    if (refusal := module.sim_error(now)) is not None:
        return refusal if module.state.value("+CMEE") == "0" else module.cms(310)
    chosen = module.state.values["+CPMS"]
    sizes = {kind: module.messages.memories[_real(kind)] for kind in READABLE}
    if command.form is Form.TEST:
        return Reply(('+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM","SR"),("ME","SM")',))
    if command.form is Form.READ:
        fields = (f'"{kind}",{len(sizes[kind].slots)},{sizes[kind].size}' for kind in chosen)
        return Reply((f"+CPMS: {','.join(fields)}",))
    asked = tuple(kind.upper() for kind in command.args)
    if command.form is not Form.SET or not 1 <= len(asked) <= 3:
        return ERROR
    if set(asked[:2]) - set(READABLE) or set(asked[2:]) - set(RECEIVING):
        return module.cms(302)
    module.state.values["+CPMS"] = asked + chosen[len(asked) :]
    fields = (f"{len(sizes[kind].slots)},{sizes[kind].size}" for kind in module.state.values["+CPMS"])
    return Reply((f"+CPMS: {','.join(fields)}",))


def _indications(module: "Module", command: Command, now: float) -> Reply:
    setting, values = SETTINGS["+CNMI"], module.state.values
    if command.form is Form.READ:
        return Reply((f"+CNMI: {','.join(values['+CNMI'])}",))
    if command.form is Form.TEST:
        return Reply(("+CNMI: (0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",))
    if command.form is not Form.SET or not setting.accepts(command):
        return module.cms(303)
    wanted = command.args + values["+CNMI"][len(command.args) :]
    mode, deliver, _, reports, _ = wanted
    if (deliver == "2" and mode == "0") or (deliver == "3" and mode != "1") or (reports == "1" and mode != "1"):
        return module.cms(303)  # AT manual 9.2.9
    values["+CNMI"] = wanted
    return OK


def _as_text(module: "Module") -> bool:
    return module.state.value("+CMGF") == "1"


def _shown(module: "Module", text: str) -> str:
    return text.encode("utf-16-be").hex().upper() if module.state.value("+CSCS") == "UCS2" else text


def _lines(module: "Module", head: str, slot: Slot) -> tuple[str, ...]:
    """The answer line(s) of one stored message. Text may hold line feeds, even a lone OK."""
    if not _as_text(module):
        return (f"{head}{int(slot.state)},,{sms_pdu.length_of(slot.pdu)}", slot.pdu)
    if slot.state in (State.UNSENT, State.SENT):
        sent = sms_pdu.submitted(slot.pdu)
        return (f'{head}"{WORDS[slot.state]}","{_shown(module, sent.to)}",""', _shown(module, sent.text))
    try:
        sender, text = sms_pdu.delivered(slot.pdu)
    except (ValueError, IndexError, KeyError):
        sender, text = "", ""
    stamp = module.clock()
    return (f'{head}"{WORDS[slot.state]}","{_shown(module, sender)}","","{stamp}"', _shown(module, text))


def _list(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.TEST:
        words = ",".join(f'"{word}"' for word in (*WORDS.values(), "ALL"))
        return Reply((f"+CMGL: ({words})",) if _as_text(module) else ("+CMGL: (0-4)",))
    if command.form not in (Form.SET, Form.EXECUTE) or len(command.args) > 2:
        return ERROR
    names = [*WORDS.values(), "ALL"] if _as_text(module) else [str(number) for number in range(ALL + 1)]
    asked = command.text.upper() if command.args else names[0]
    if asked not in names:
        return module.cms(305 if _as_text(module) else 304)
    wanted = names.index(asked)
    _, memory = _memory(module)
    lines: list[str] = []
    for index, slot in sorted(memory.slots.items()):
        if wanted not in (ALL, int(slot.state)):
            continue
        if module.faults.on("sms_unreadable"):
            return module.cms(int(module.faults.get("sms_unreadable", "code")))
        lines += _lines(module, f"+CMGL: {index},", slot)
        _mark_read(slot)
    return Reply(tuple(lines))


def _mark_read(slot: Slot) -> None:
    if slot.state is State.UNREAD:
        slot.state = State.READ


def _read(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.TEST:
        return OK
    _, memory = _memory(module)
    if command.form is not Form.SET or not command.text.isdigit() or not memory.has(int(command.text)):
        return module.cms(321)
    slot = memory.slots.get(int(command.text))
    if slot is None:
        return module.cms(321) if module.profile.cmgr_empty == "error" else OK
    if module.faults.on("sms_unreadable"):
        code = int(module.faults.get("sms_unreadable", "code"))
        module.faults.take("sms_unreadable")
        return module.cms(code)
    lines = _lines(module, "+CMGR: ", slot)
    _mark_read(slot)
    return Reply(lines)


def _delete(module: "Module", command: Command, now: float) -> Reply:
    kind, memory = _memory(module)
    if command.form is Form.TEST:
        return Reply((f"+CMGD: ({','.join(map(str, sorted(memory.slots)))}),(0-4)",))
    if command.form is not Form.SET or not 1 <= len(command.args) <= 2:
        return ERROR
    if module.faults.on("sms_delete_refused"):
        module.faults.take("sms_delete_refused")
        return module.cms(500)
    flag = command.args[1] if len(command.args) > 1 else "0"
    if flag not in ("0", "1", "2", "3", "4") or (not command.text.isdigit() and (command.text or flag == "0")):
        return module.cms(321)
    if flag == "0":
        index = int(command.text)
        if index not in memory.slots:
            return OK if memory.has(index) else module.cms(321)
        return Reply(after=lambda at: _delete_all(module, kind, [index], at))
    states = {"1": {1}, "2": {1, 3}, "3": {1, 2, 3}, "4": {0, 1, 2, 3}}[flag]
    doomed = [index for index, slot in memory.slots.items() if int(slot.state) in states]
    return Reply(after=lambda at: _delete_all(module, kind, doomed, at))


def _delete_all(module: "Module", kind: str, indices: list[int], now: float) -> None:
    for index in indices:
        if index in module.messages.memories[kind].slots:
            module.messages.deleted(kind, index, now)


def _send(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.TEST:
        return OK
    if command.form is not Form.SET or not command.text:
        return module.cms(304)
    if _as_text(module):
        return _prompt_text(module, command.text)
    if not command.text.isdigit() or not 7 <= int(command.text) <= MAX_TPDU:
        return module.cms(304)
    length = int(command.text)

    def body(text: str, at: float) -> Reply:
        pdu = text.strip().upper()
        if not _is_pdu(pdu, length):
            return module.cms(304)
        return module.messages.submit(pdu, at)

    module.port.expect_body(body)
    return Reply(prompt=True)


def _is_pdu(pdu: str, length: int) -> bool:
    digits = bool(pdu) and len(pdu) % 2 == 0 and set(pdu) <= set("0123456789ABCDEF")
    return digits and sms_pdu.length_of(pdu) == length


def _prompt_text(module: "Module", to: str) -> Reply:
    number = bytes.fromhex(to).decode("utf-16-be") if module.state.value("+CSCS") == "UCS2" else to

    def body(text: str, at: float) -> Reply:
        plain = bytes.fromhex(text).decode("utf-16-be") if module.state.value("+CSCS") == "UCS2" else text
        return module.messages.submit_text(number, plain, at)

    if not number.lstrip("+").isdigit():
        return module.cms(305)
    module.port.expect_body(body)
    return Reply(prompt=True)


def _write(module: "Module", command: Command, now: float) -> Reply:
    """AT+CMGW in PDU mode."""
    if command.form is Form.TEST:
        return OK
    if command.form is not Form.SET or _as_text(module) or not command.text.isdigit():
        return module.cms(302)
    length = int(command.text)
    state = command.args[1] if len(command.args) > 1 else "2"

    def body(text: str, at: float) -> Reply:
        pdu = text.strip().upper()
        _, memory = _memory(module, 1)
        if not _is_pdu(pdu, length) or state not in ("0", "1", "2", "3"):
            return module.cms(304)
        if not memory.free:
            return module.cms(322)
        return Reply((f"+CMGW: {memory.add(Slot(pdu, State(int(state))))}",))

    module.port.expect_body(body)
    return Reply(prompt=True)


def _centre(module: "Module", command: Command, now: float) -> Reply:
    if command.form is Form.READ:
        return Reply((f'+CSCA: "{_shown(module, module.profile.sms_centre)}",145',))
    return OK if command.form in (Form.SET, Form.TEST) else ERROR


def _acknowledge(module: "Module", command: Command, now: float) -> Reply:
    return module.cms(340)  # nothing waits for it: +CSMS is 0


def _service(module: "Module", command: Command, now: float) -> Reply:
    values = module.state.values
    if command.form is Form.READ:
        return Reply((f"+CSMS: {values['+CSMS'][0]},1,1,1",))
    if command.form is Form.TEST:
        return Reply(("+CSMS: (0-1)",))
    if command.form is not Form.SET or command.args not in (("0",), ("1",)):
        return ERROR
    values["+CSMS"] = command.args
    return Reply(("+CSMS: 1,1,1",))


SMS_TABLE: dict[str, Handler] = {
    "+CPMS": _storage,
    "+CNMI": _indications,
    "+CMGL": _guarded(_list),
    "+CMGR": _guarded(_read),
    "+CMGD": _guarded(_delete),
    "+CMGS": _guarded(_send),
    "+CMGW": _guarded(_write),
    "+CSCA": _guarded(_centre),
    "+CSMS": _service,
    "+CNMA": _acknowledge,
}
