"""What pages look up is found without a look at all of it: messages that wait, threads, what is not indexed yet."""

from typing import Any

STATEMENTS = (
    "CREATE INDEX message_handled ON message (handled)",
    "CREATE INDEX sms_thread ON sms (number, id, state)",
    "CREATE INDEX call_waiting ON call (indexed, ended) WHERE indexed = 0",
)


def up(_migrator: Any, db: Any) -> None:
    """Creates the indexes."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
