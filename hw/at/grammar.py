"""The words of the AT line as tables: what ends an answer, what comes unasked, how fields are written.

Sources: SIMCom SIM7500_SIM7600 Series AT Command Manual V3.00 (result codes in section 1.4, errors in 3.3 and 3.4);
ModemManager's simtech plugin for the texts of its URCs; ITU-T V.250 for the framing.
"""

import re
from typing import Final

OK: Final = "OK"
ERROR: Final = "ERROR"

REFUSALS: Final = re.compile(r"ERROR|\+CM[ES] ERROR:.*")
"""A final result that says no, plain, numeric or verbose (AT+CMEE=0|1|2)."""

CALL_RESULTS: Final = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"})
"""Final results of ATA and ATD; at any other time the same words are the far side's doing, a URC."""

REFUSAL_CODE: Final = re.compile(r"\+CM[ES] ERROR: *(.*)")

BARE_URCS: Final = frozenset(
    {"RING", "RDY", "SMS DONE", "PB DONE", "SMS READY", "CALL READY", "POWERED DOWN", "NORMAL POWER DOWN", "START"}
)
"""URCs that are a whole line without a `+NAME:` prefix."""

PREFIXED_URCS: Final = ("VOICE CALL", "MISSED_CALL:")
"""URCs with a prefix that is not of the `+NAME:` form. The colon after VOICE CALL comes with and without a blank."""

EXTENDED: Final = re.compile(r"(\+[A-Z][A-Z0-9]*):")
"""`+NAME:`, an answer to the command that asked for it, otherwise a URC."""

ANSWER_FORMS: Final = {
    "+CREG": re.compile(r"\d,\d(,.*)?"),
    "+CEREG": re.compile(r"\d,\d(,.*)?"),
    "+CNSMOD": re.compile(r"\d,\d+"),
}
"""Prefixes whose answer `n,stat` differs from their URC `stat` by form; the others (+CLCC, +CSQ, +CPIN) look alike."""

CARRIERS: Final = ("+CMT:", "+CDS:", "+CBM:")
"""URCs whose second line is a PDU (manual, 9.3)."""
CARRIED: Final = re.compile(r"[0-9A-Fa-f]{10,}")

PROMPT: Final = b"> "

COMMAND: Final = re.compile(r"AT[\x20-\x7e]{0,557}")
"""What may be sent: at most 559 characters (manual, 1.4.4), printable ASCII, so no CR, Ctrl-Z or ESC can hide in it."""


def split_fields(payload: str) -> tuple[str, ...]:
    """The comma-separated fields of a payload, quotes and outer blanks taken off; an empty field is "".
    A comma inside quotes belongs to its field; a missing closing quote runs to the end of the line."""
    fields = [""]
    quoted = False
    for sign in payload:
        if sign == '"':
            quoted = not quoted
        elif sign == "," and not quoted:
            fields.append("")
        else:
            fields[-1] += sign
    return tuple(field.strip() for field in fields)


def payload_of(line: str) -> str:
    """What follows the first colon, without blanks around it."""
    return line.partition(":")[2].strip()


_QUOTED: Final = re.compile(r'"[^"]*"')


def dials_out(text: str) -> bool:
    """Whether a command line would make a call: a `D` among basic commands (V.250, 5.4.1 and 6.3.1), wherever it stands
    in a chain. Extended commands (`+CUSD=...`) may hold the letter; what their quotes hold is not a command."""
    parts = _QUOTED.sub("", text.upper()).removeprefix("AT").split(";")
    return any("D" in part.partition("+")[0] for part in parts)


def is_call_word(text: str) -> bool:
    """Whether the line is about calls by its own form (no `+NAME:` prefix)."""
    return text in CALL_RESULTS or text.startswith(PREFIXED_URCS)
