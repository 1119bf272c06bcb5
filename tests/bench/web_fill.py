"""A box that is busy day and night, for the bench of the page: calls, and what people left, wrote and changed."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Final

from storage.audit.records import By
from storage.contacts.records import Card
from storage.store import Storage
from tests.bench.search import fill, vocabulary

SPAN: Final = 300 * 86_400.0
"""Seconds until now in which all of it was: words older than a year would be removed while the page is measured."""
MESSAGE_EVERY: Final = 5
"""Calls, in one of which a message was left."""
WAITING: Final = 40
"""Messages that nobody has seen to yet; the rest are dealt with."""
SMS_A_CALL: Final = 0.3
CONTACTS: Final = 800
CHATS: Final = 60
SAID: Final = 20
DEEDS: Final = 3000
OWNER: Final = "owner"


async def filled(folder: Path, calls: int) -> None:
    """Makes the database of a box with so many calls, its search indexes up to date. Minutes for 100,000."""
    folder.mkdir(parents=True, exist_ok=True)
    await (await Storage.open("sqlite:///secretary.db", folder)).close()
    chance = random.Random(calls)
    words, weights = vocabulary(chance)
    path = folder / "secretary.db"
    began = time.time() - SPAN
    fill(path, calls, chance, words, weights)
    _left(path, calls, began, chance, words)
    storage = await Storage.open("sqlite:///secretary.db", folder)
    try:
        await _known(storage, calls, began, chance)
        while await storage.search.step():
            pass
    finally:
        await storage.close()


def number_of(chance: random.Random, calls: int) -> str:
    """Of one of the callers that `fill` makes up."""
    return f"+79{chance.randrange(min(calls, 8000)):09d}"


def _left(path: Path, calls: int, began: float, chance: random.Random, words: list[str]) -> None:
    """When the calls were, messages, short messages: straight into the tables."""
    apart = (SPAN - 3600) / calls
    messages, texts = [], []
    ids = range(MESSAGE_EVERY, calls + 1, MESSAGE_EVERY)
    for place, call in enumerate(ids):
        matter = " ".join(chance.choices(words, k=12))
        waits = place >= len(ids) - WAITING
        messages.append((call, began + call * apart + 80, "Ирина", number_of(chance, calls), matter, int(not waits)))
    for place in range(int(calls * SMS_A_CALL)):
        ours = place % 3 == 0
        text = " ".join(chance.choices(words, k=10))
        at = began + place * apart / SMS_A_CALL
        state = "delivered" if ours else "received"
        texts.append(("out" if ours else "in", number_of(chance, calls), at, None if ours else at - 3, text, state))
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("UPDATE call SET began = ? + id * ?", (began, apart))
        raw.execute("UPDATE call SET answered = began + 3, ended = began + 95")
        raw.executemany(
            "INSERT INTO message (call_id, line, taken, name, number, matter, handled)"
            " VALUES (?, 'line1', ?, ?, ?, ?, ?)",
            messages,
        )
        raw.executemany(
            "INSERT INTO sms (line, direction, number, named, at, sent, text, state, reason, purpose, flash, notes,"
            " total, have, reference, wide, told, doubtful, next_try)"
            " VALUES ('line1', ?, ?, 0, ?, ?, ?, ?, '', '', 0, '[]', 1, 1, 0, 0, 1, 0, 0.0)",
            texts,
        )
    raw.close()


async def _known(storage: Storage, calls: int, began: float, chance: random.Random) -> None:
    """Contacts, chats and the audit, by the box's own hand."""
    by = By(OWNER, "web")
    for place in range(CONTACTS):
        group = ("", "", "vip", "supplier", "blocked")[place % 5]
        await storage.contacts.add(Card(f"Контакт {place}", (f"+79{place:09d}",), group), by)
    for place in range(CHATS):
        fields = {"name": f"Разговор {place}", "persona": "", "prompt": "", "node": ""}
        chat = await storage.chats.create(OWNER, fields, began + place, by)
        for said in range(SAID):
            role = ("user", "assistant")[said % 2]
            await storage.chats.add(chat.id, role, f"Сообщение номер {said} о расписании и ценах.", began + said)
    for _ in range(DEEDS):
        target = f"message:{chance.randrange(1, max(2, calls // MESSAGE_EVERY))}"
        await storage.audit.add(who=OWNER, where="web", what="message.handled", target=target)
