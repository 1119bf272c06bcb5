"""Messages counted from the network's side: what the simulator was given and took, against what the box has."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tally:
    """`lost` and `doubled` are ids of the ledger; both empty is what is wanted."""

    given: int
    lost: tuple[int, ...]
    doubled: tuple[int, ...]


class MessageLedger:
    """Takes the ledger's entries about messages: from `ledger.jsonl`, or as the module tells them."""

    def __init__(self) -> None:
        self.given: dict[int, tuple[str, str]] = {}
        """id to (sender, text) of what was written to the box."""
        self.pdus: dict[str, int] = {}
        """PDU to id."""
        self.stored: dict[tuple[str, int], int] = {}
        """What lies in the module's memories now."""
        self.sent: list[tuple[str, str]] = []
        """(to, text) of each PDU that the network took from the box."""

    def take(self, what: str, data: Mapping[str, Any]) -> None:
        """One entry; others mean nothing here."""
        match what:
            case "sms_in":
                self.given[data["id"]] = (data["sender"], data["text"])
                self.pdus |= dict.fromkeys(data["pdus"], data["id"])
            case "sms_stored":
                self.stored[data["memory"], data["index"]] = data["id"]
            case "sms_deleted":
                del self.stored[data["memory"], data["index"]]
            case "sms_out":
                self.sent.append((data["to"], data["text"]))

    def read(self, rows: Iterable[Mapping[str, Any]]) -> "MessageLedger":
        """The rows of a ledger file."""
        for row in rows:
            self.take(row["what"], row)
        return self

    def against(self, has: Iterable[tuple[str, str]]) -> Tally:
        """Compares with the (sender, text) of the messages that the box shows. Texts are to be unique."""
        there = Counter(has)
        given = {message: number for number, message in self.given.items() if message[1]}
        lost = tuple(number for message, number in given.items() if not there[message])
        doubled = tuple(number for message, number in given.items() if there[message] > 1)
        return Tally(len(given), lost, doubled)
