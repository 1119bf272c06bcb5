"""What an answer in a chat rests on."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    """Adds the column."""
    db.execute_sql("ALTER TABLE chat_message ADD COLUMN why TEXT NOT NULL DEFAULT ''")
