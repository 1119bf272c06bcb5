"""A PDU as the storage keeps it, and which message a part belongs to. Pure. All of a message is hostile text."""

from collections.abc import Mapping, Sequence
from typing import Final

from hw.sms import assembly, pdu
from hw.sms.address import Address
from hw.sms.errors import PduError
from hw.sms.pdu import Body, Deliver, Message, Report, Submit
from secretaryd.call.numbers import canonical
from storage.sms.records import DELIVERED, FAILED, IncomingPdu, Outline

MAX_NUMBER: Final = 32
REASONS: Final = {
    0x40: "procedure",
    0x41: "incompatible",
    0x42: "rejected",
    0x43: "not_obtainable",
    0x44: "no_interworking",
    0x45: "no_interworking",
    0x46: "expired",
    0x47: "deleted",
    0x48: "deleted",
    0x49: "not_existing",
}
"""TP-ST of a final failure (3GPP TS 23.040, 9.2.3.15) to codes of secretaryd.sms.words."""


def read(raw: str, at: float, memory: str = "", slot: int | None = None) -> IncomingPdu:
    """Never fails: what cannot be read is kept as it is."""
    try:
        octets = pdu.unhex(raw)
    except PduError:
        return IncomingPdu(raw, raw, "unreadable", at, memory, slot)
    identity = pdu.identity(octets).hex()
    try:
        message = pdu.decode(octets)
    except PduError:
        return IncomingPdu(raw, identity, "unreadable", at, memory, slot)
    return _known(message, raw, identity, at, memory, slot)


def _known(message: Message, raw: str, identity: str, at: float, memory: str, slot: int | None) -> IncomingPdu:
    match message:
        case Deliver(_, sender, sent, body):
            number, named = _number(sender)
            return _text(
                IncomingPdu(
                    raw, identity, "text", at, memory, slot, number, named, sent.at if sent is not None else None
                ),
                body,
            )
        case Submit(_, to, body):
            return _text(IncomingPdu(raw, identity, "draft", at, memory, slot, _number(to)[0]), body)
        case Report(_, reference, to, _, done, status):
            outcome = DELIVERED if message.delivered else FAILED if message.failed else ""
            return IncomingPdu(
                raw,
                identity,
                "report",
                at,
                memory,
                slot,
                _number(to)[0],
                sent=done.at if done is not None else None,
                reference=reference,
                outcome=outcome,
                reason=REASONS.get(status, "undelivered") if outcome == FAILED else "",
            )


def _text(incoming: IncomingPdu, body: Body) -> IncomingPdu:
    concat = body.concat if incoming.kind == "text" else None
    text = body.text if concat is not None and concat.total > 1 else pdu.shown(body.text)
    fields = {name: getattr(incoming, name) for name in IncomingPdu.__slots__}
    fields |= {"text": text, "flash": body.flash, "notes": body.notes}
    if concat is not None:
        fields |= {"part": concat.part, "total": concat.total, "reference": concat.reference, "wide": concat.wide}
    return IncomingPdu(**fields)


def _number(sender: Address) -> tuple[str, bool]:
    """One spelling of a number, or a name without what could steer a terminal."""
    if sender.named:
        return pdu.shown(sender.text)[:MAX_NUMBER], True
    return (canonical(sender.text[:MAX_NUMBER]) or sender.text)[:MAX_NUMBER], False


class PartJoiner:
    """storage.sms.records.Joiner by the rules of hw.sms.assembly."""

    def place(self, incoming: IncomingPdu, outlines: Sequence[Outline]) -> int | None:
        """The message that this part joins."""
        key = assembly.Key(incoming.number, incoming.reference, incoming.total, incoming.wide)
        at = incoming.sent if incoming.sent is not None else incoming.at
        groups = (assembly.Group(outline.id, key, outline.at, outline.texts) for outline in outlines)
        return assembly.place(key, incoming.part, at, groups)

    def text(self, texts: Mapping[int, str], total: int) -> str:
        """The message's text, gaps shown."""
        return assembly.Group(0, assembly.Key("", 0, total, False), 0.0, texts).text
