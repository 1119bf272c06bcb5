"""Short messages are found by their words."""

from typing import Any

STATEMENTS = (
    "ALTER TABLE sms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX sms_unindexed ON sms (id) WHERE indexed = 0",
    # Contentless, as the calls' own (0002).
    "CREATE VIRTUAL TABLE search_sms USING fts5(stems, content='', columnsize=0, prefix='3',"
    ' tokenize="unicode61 remove_diacritics 0")',
    "CREATE TABLE search_sms_doc (id INTEGER PRIMARY KEY, stems BLOB NOT NULL)",
)


def up(_migrator: Any, db: Any) -> None:
    """Creates column and tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
