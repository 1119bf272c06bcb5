"""What was dialled, for the caps of the day; and what is known of the SIM. Used on the storage thread only."""

from typing import Any

import peewee
from peewee import AutoField, FloatField, IntegerField, TextField, fn

from storage.database import translated
from storage.errors import NotFound
from storage.outgoing.records import SimFact


class UsageRepository:
    """Counters that outlive a crash: a call counts with all it may last until it is known how long it lasted."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        self._db = database
        base: Any = database.Model

        class UsageRow(base):  # type: ignore[misc]
            id = AutoField()
            began = FloatField()
            line = TextField()
            number = TextField()
            task = IntegerField(null=True)
            reserved = FloatField()
            seconds = FloatField(null=True)

            class Meta:
                table_name = "dial_usage"

        class FactRow(base):  # type: ignore[misc]
            key = TextField(primary_key=True)
            value = TextField()
            at = FloatField()

            class Meta:
                table_name = "sim_fact"

        self._rows: Any = UsageRow
        self._facts: Any = FactRow

    def reserve(self, began: float, line: str, number: str, reserved: float, task_id: int | None) -> int:
        """A call is about to be dialled; returns the entry's id. Durable before anything goes to the modem."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._rows.create(began=began, line=line, number=number, task=task_id, reserved=reserved)
        return int(row.id)

    def settle(self, entry: int, seconds: float) -> None:
        """It lasted so long (0 where nobody answered). Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            if not self._rows.update(seconds=max(0.0, seconds)).where(self._rows.id == entry).execute():
                raise NotFound("there is no dialled call {number}", number=entry)

    def since(self, at: float) -> tuple[int, float]:
        """(calls, seconds) that began at or after that moment. What seems to lie in the future, because the clock went
        back, counts as well."""
        rows = self._rows
        with translated():
            count, seconds = (
                rows.select(fn.COUNT(rows.id), fn.COALESCE(fn.SUM(fn.COALESCE(rows.seconds, rows.reserved)), 0.0))
                .where(rows.began >= at)
                .tuples()
                .get()
            )
        return int(count), float(seconds)

    def last(self) -> float | None:
        """When a call that was answered began last; None before the first."""
        rows = self._rows
        with translated():
            found = rows.select(fn.MAX(rows.began)).where(rows.seconds > 0).scalar()
        return None if found is None else float(found)

    def note(self, key: str, value: str, at: float) -> None:
        """Something learnt of the SIM; takes the place of what was known before."""
        with translated(), self._db.atomic("IMMEDIATE"):
            self._facts.replace(key=key, value=value, at=at).execute()

    def facts(self) -> dict[str, SimFact]:
        """All that is known of the SIM."""
        with translated():
            return {row.key: SimFact(row.value, row.at) for row in self._facts.select()}
