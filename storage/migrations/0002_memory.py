"""What is kept for years: the audit, contacts, the search index, notes and marks on calls, erasures."""

from typing import Any

from peewee import AutoField, BlobField, FloatField, ForeignKeyField, IntegerField, Model, TextField

CALL_COLUMNS = (
    "keep INTEGER NOT NULL DEFAULT 0",
    "note TEXT NOT NULL DEFAULT ''",
    "tags TEXT NOT NULL DEFAULT '[]'",  # JSON array
    "deleted REAL",  # when the owner deleted it; gone for good some days later
    "indexed INTEGER NOT NULL DEFAULT 0",  # whether the search index knows it as it is
    "packed INTEGER NOT NULL DEFAULT 0",  # 0 WAV, 1 compressed, 2 could not be
)
STATEMENTS = (
    "CREATE INDEX call_number ON call (number)",
    "CREATE INDEX call_number_end ON call (substr(number, -4))",  # people look for the last digits
    "CREATE INDEX call_deleted ON call (deleted) WHERE deleted IS NOT NULL",
    "CREATE INDEX call_unindexed ON call (id) WHERE indexed = 0",
    "CREATE INDEX call_unpacked ON call (id) WHERE recording IS NOT NULL AND packed = 0",
    "CREATE INDEX call_recorded ON call (began) WHERE recording IS NOT NULL AND keep = 0",
    "CREATE INDEX message_number ON message (number)",
    "CREATE INDEX audit_what ON audit (what)",
    # Contentless: the words lie in the turns already, and are not written to the card twice. What was indexed of a call
    # is kept compressed in search_call_doc, since SQLite before 3.43 can only delete what it is told word by word.
    "CREATE VIRTUAL TABLE search_call USING fts5(stems, content='', columnsize=0, prefix='3',"
    ' tokenize="unicode61 remove_diacritics 0")',
    "CREATE TABLE search_call_doc (id INTEGER PRIMARY KEY, stems BLOB NOT NULL)",
)


def up(_migrator: Any, db: Any) -> None:
    """Creates the tables."""

    class Call(Model):
        id = AutoField()

        class Meta:
            database = db
            table_name = "call"

    class Audit(Model):
        id = AutoField()
        at = FloatField(index=True)
        who = TextField()
        where = TextField()
        what = TextField()
        salt = TextField(null=True)  # null once the body was erased
        body = TextField(null=True)  # JSON object: target, before, after
        digest = TextField()
        previous = TextField()
        hash = TextField()

        class Meta:
            database = db
            table_name = "audit"

    class Contact(Model):
        id = AutoField()
        name = TextField()
        group = TextField(default="")
        note = TextField(default="")
        rule = TextField(default="")
        created = FloatField()
        changed = FloatField()

        class Meta:
            database = db
            table_name = "contact"

    class ContactNumber(Model):
        number = TextField(primary_key=True)  # canonical
        contact = ForeignKeyField(Contact, on_delete="CASCADE")
        position = IntegerField()

        class Meta:
            database = db
            table_name = "contact_number"

    class Peaks(Model):
        call = ForeignKeyField(Call, primary_key=True, on_delete="CASCADE")
        seconds = FloatField()
        points = BlobField()

        class Meta:
            database = db
            table_name = "peaks"

    class Tombstone(Model):
        mark = TextField(primary_key=True)  # keyed hash of the number
        at = FloatField()
        done = FloatField(null=True)

        class Meta:
            database = db
            table_name = "tombstone"

    for column in CALL_COLUMNS:
        db.execute_sql(f"ALTER TABLE call ADD COLUMN {column}")
    db.create_tables([Audit, Contact, ContactNumber, Peaks, Tombstone], safe=False)
    for statement in STATEMENTS:
        db.execute_sql(statement)
