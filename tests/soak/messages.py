"""Short messages of a run, counted from the network's side: every message that it was given for the box or took from it
stands in a file as it happened, and at the end the file is held against the box's database."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from hw.simulator import modem_state as m

KEPT: Final = frozenset({"sms_in", "sms_out"})
OVER: Final = frozenset({"sent", "delivered", "failed"})


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """What came of all messages. `lost` were promised or given and are nowhere; `doubled` are there twice and nobody
    says so; `flagged` went out twice after a crash and are marked as doubtful."""

    came: int = 0
    came_lost: int = 0
    came_doubled: int = 0
    copies: int = 0
    """Offered again by the modem, and recognised."""
    written: int = 0
    written_lost: int = 0
    notices: int = 0
    notices_lost: int = 0
    sent_lost: int = 0
    """Parts that the box takes for sent and the network never had."""
    sent_doubled: int = 0
    flagged: int = 0
    failed: int = 0
    """Given up, with a reason in the row."""
    by_purpose: Mapping[str, int] | None = None
    examples: tuple[str, ...] = ()


class SmsBook:
    """The network's file, and the soak's own of what it asked the box to send."""

    def __init__(self, folder: Path) -> None:
        self._network, self._asked = folder / "network.jsonl", folder / "asked.jsonl"

    def effect(self, effect: m.Effect) -> None:
        """As the module tells them."""
        match effect:
            case m.Noted(what, data) if what in KEPT:
                _append(self._network, {"what": what, **{key: data[key] for key in data if key != "pdus"}})

    def asked(self, number: str, text: str) -> None:
        """The box has promised to send this."""
        _append(self._asked, {"to": number, "text": text})

    def audit(self, database: Any) -> SmsAccount:
        """Holds the files against the box's database; to be called on its storage thread."""
        network = list(_lines(self._network))
        asked = Counter((row["to"], row["text"]) for row in _lines(self._asked))
        return _account(network, asked, database)

    def given(self) -> frozenset[tuple[str, str]]:
        """(sender, text) of all that the network was given for the box."""
        return frozenset((row["sender"], row["text"]) for row in _lines(self._network) if row["what"] == "sms_in")


def received(database: Any) -> Counter[tuple[str, str]]:
    """(sender, text) of the messages that the box shows."""
    query = "SELECT number, text FROM sms WHERE direction = 'in' AND state = 'received'"
    return Counter(tuple(row) for row in database.execute_sql(query).fetchall())


def _account(network: list[dict[str, Any]], asked: Counter[tuple[str, str]], database: Any) -> SmsAccount:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return list(database.execute_sql(query).fetchall())

    given = Counter((row["sender"], row["text"]) for row in network if row["what"] == "sms_in")
    there = received(database)
    taken = Counter((row["to"], row["text"]) for row in network if row["what"] == "sms_out")
    parts = ask(
        "SELECT s.number, p.text, p.state, p.doubtful, p.reference FROM sms_part p JOIN sms s ON p.sms_id = s.id"
        " WHERE s.direction = 'out'"
    )
    believed: Counter[tuple[str, str]] = Counter()
    allowed: Counter[tuple[str, str]] = Counter()
    for number, text, state, doubtful, reference in parts:
        key = (number, json.loads(text))
        # What a report calls undelivered was sent all the same: it has the network's reference.
        believed[key] += state in ("sent", "delivered") or (state == "failed" and reference is not None)
        # A part that may have gone out, and is marked so, may have gone out once more; one that was given up, once.
        allowed[key] += bool(doubtful) + (bool(doubtful) and state == "failed")
    rows = ask("SELECT number, text, state, purpose FROM sms WHERE direction = 'out'")
    has = Counter((number, text) for number, text, state, _ in rows if state in OVER)
    messages = ask("SELECT count(*) FROM message")[0][0]
    notices = sum(purpose == "notice" and text.startswith("Сообщение") for _, text, _, purpose in rows)
    extra = taken - believed
    lost = [*(given - there), *(asked - has), *(believed - taken)]
    return SmsAccount(
        came=given.total(),
        came_lost=(given - there).total(),
        came_doubled=(there - given).total(),
        copies=ask("SELECT coalesce(sum(copies - 1), 0) FROM sms_pdu")[0][0],
        written=asked.total(),
        written_lost=(asked - has).total(),
        notices=notices,
        notices_lost=abs(messages - notices),
        sent_lost=(believed - taken).total(),
        sent_doubled=(extra - allowed).total(),
        flagged=(extra & allowed).total(),
        failed=sum(state == "failed" for _, _, state, _ in rows),
        by_purpose=dict(Counter(purpose for *_, purpose in rows)),
        examples=tuple(str(each) for each in [*lost, *(extra - allowed)][:10]),
    )


def plain(account: SmsAccount) -> dict[str, Any]:
    """For the run's state."""
    return asdict(account)


def _append(path: Path, row: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as rows:
        for row in rows:
            yield json.loads(row)
