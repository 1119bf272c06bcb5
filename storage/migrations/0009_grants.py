"""What a user may beyond his role."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    """Adds the column."""
    db.execute_sql("ALTER TABLE \"user\" ADD COLUMN grants TEXT NOT NULL DEFAULT ''")
