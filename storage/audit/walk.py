"""Walks along the chain and says where it does not hold. Pure: links in, flaws out."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from storage.audit.chain import GENESIS, body_digest, link
from storage.audit.records import Deed, Flaw, Verdict

PURGED: Final = "audit.purged"
ERASED: Final = "audit.erased"
MAX_FLAWS: Final = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the chain, kept outside of the links: its end, or what was purged."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A link as it lies in the database."""

    id: int
    at: float
    who: str
    where: str
    what: str
    salt: str | None
    body: str | None
    digest: str
    previous: str
    hash: str


class Walk:
    """One walk. `take` the links in the order of their ids, then ask for the `verdict`.

    `witness` is a hash that was written down elsewhere, e.g. in the journal: whoever can write to the database can
    rebuild all of the chain, but not that.
    """

    def __init__(self, head: Mark | None, checkpoint: Mark | None, witness: str = "") -> None:
        self._head, self._checkpoint, self._witness = head, checkpoint, witness
        start = checkpoint or Mark(0, GENESIS)
        self._at = start
        self._first = self._count = 0
        self._flaws: list[Flaw] = []
        self._bare: set[int] = set()
        self._declared: set[int] = set()
        self._purges: set[Mark] = set()
        self._witnessed = False

    @property
    def place(self) -> int:
        """The id of the last link taken."""
        return self._at.id

    def take(self, entries: Iterable[Entry]) -> None:
        """The next links."""
        for entry in entries:
            self._step(entry)

    def verdict(self) -> Verdict:
        """After the last link."""
        self._check_end()
        for number in sorted(self._bare - self._declared):
            self._flaw(number, "unaccounted", f"the details of entry {number} were removed, and no entry says why")
        if self._witness and not self._witnessed:
            self._flaw(0, "witness", "the hash that was written down elsewhere is not in the chain: it was rebuilt")
        return Verdict(self._count, self._first, self._at.id, self._at.hash, len(self._bare), tuple(self._flaws))

    def _step(self, entry: Entry) -> None:
        expected = self._at.id + 1
        if entry.id > expected:
            gap = f"entry {expected} is" if entry.id == expected + 1 else f"entries {expected} to {entry.id - 1} are"
            self._flaw(expected, "missing", f"{gap} missing")
        elif entry.previous != self._at.hash:
            self._flaw(entry.id, "order", f"entry {entry.id} does not follow the one before it")
        deed = Deed(entry.who, entry.where, entry.what)
        if entry.hash != link(entry.previous, entry.id, entry.at, deed, entry.digest):
            self._flaw(entry.id, "edited", f"entry {entry.id} was edited")
        elif entry.body is None or entry.salt is None:
            self._bare.add(entry.id)
        elif entry.digest != body_digest(entry.salt, entry.body):
            self._flaw(entry.id, "edited", f"the details of entry {entry.id} were edited")
        else:
            self._note(entry)
        self._witnessed = self._witnessed or entry.hash.startswith(self._witness)
        self._first = self._first or entry.id
        self._count += 1
        self._at = Mark(entry.id, entry.hash)

    def _note(self, entry: Entry) -> None:
        """What a sound entry says of others."""
        if entry.what not in (PURGED, ERASED) or entry.body is None:
            return
        after: dict[str, Any] = json.loads(entry.body).get("after") or {}
        if entry.what == ERASED:
            self._declared.update(after.get("ids", ()))
        else:
            self._purges.add(Mark(int(after.get("through", 0)), str(after.get("hash", ""))))

    def _check_end(self) -> None:
        if self._checkpoint is not None and self._checkpoint not in self._purges:
            text = f"entries up to {self._checkpoint.id} are gone, and no entry says that they were purged"
            self._flaw(self._checkpoint.id, "checkpoint", text)
        if self._head is None:
            if self._count:
                self._flaw(self._at.id, "truncated", "the mark of the chain's end is missing")
        elif self._head.id > self._at.id:
            lost = self._head.id - self._at.id
            self._flaw(self._at.id + 1, "truncated", f"{lost} entries at the end are missing")
        elif self._head != self._at:
            self._flaw(self._at.id, "truncated", "the chain does not end where its mark says")

    def _flaw(self, number: int, code: str, text: str) -> None:
        if len(self._flaws) < MAX_FLAWS:
            self._flaws.append(Flaw(number, code, text))
