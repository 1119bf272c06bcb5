"""Calls are heard a second time, by a better recogniser."""

from typing import Any

STATEMENTS = (
    "CREATE TABLE second (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " call_id INTEGER NOT NULL UNIQUE REFERENCES call (id) ON DELETE CASCADE,"
    " state TEXT NOT NULL, model TEXT NOT NULL DEFAULT '', at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
    " reason TEXT NOT NULL DEFAULT '', lines TEXT NOT NULL DEFAULT '[]')",  # JSON array of objects
    "CREATE INDEX second_waiting ON second (state) WHERE state IN ('wanted', 'begun')",
    "CREATE INDEX call_sounding ON call (id) WHERE recording IS NOT NULL AND ended IS NOT NULL",
)


def up(_migrator: Any, db: Any) -> None:
    """Creates the table."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
