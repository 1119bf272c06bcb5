"""A message may be one user's to see to."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    """Adds the column."""
    db.execute_sql("ALTER TABLE message ADD COLUMN assigned TEXT NOT NULL DEFAULT ''")
