"""Short messages: those that came and went, their parts, and every PDU as it was read from the modem."""

from typing import Any

from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the tables."""

    class Sms(Model):
        id = AutoField()
        line = TextField()
        direction = TextField()  # in, out
        number = TextField()
        named = BooleanField(default=False)  # the sender is a name
        at = FloatField(index=True)  # arrival, or creation
        sent = FloatField(null=True)  # the service centre's time
        text = TextField()
        state = TextField()
        reason = TextField(default="")
        purpose = TextField(default="")
        flash = BooleanField(default=False)
        notes = TextField(default="[]")  # JSON array
        total = IntegerField(default=1)
        have = IntegerField(default=1)
        reference = IntegerField(default=0)
        wide = BooleanField(default=False)
        told = BooleanField(default=False)
        doubtful = BooleanField(default=False)
        next_try = FloatField(default=0.0)

        class Meta:
            database = db
            table_name = "sms"
            indexes = ((("number", "id"), False), (("direction", "state"), False))

    class Part(Model):
        id = AutoField()
        sms = ForeignKeyField(Sms, on_delete="CASCADE", index=False)  # the unique index below serves
        part = IntegerField()
        text = TextField(default='""')  # JSON string: half a surrogate pair may stand at either end
        at = FloatField()
        pdu = TextField(default="")
        length = IntegerField(default=0)
        state = TextField(default="")
        reference = IntegerField(null=True)
        tried = FloatField(null=True, index=True)
        attempts = IntegerField(default=0)
        doubtful = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "sms_part"
            indexes = ((("sms", "part"), True),)

    class Pdu(Model):
        id = AutoField()
        line = TextField()
        identity = TextField()
        pdu = TextField()
        memory = TextField(default="")
        slot = IntegerField(null=True)
        kind = TextField()  # text, report, draft, unreadable
        at = FloatField()
        copies = IntegerField(default=1)
        sms = ForeignKeyField(Sms, null=True, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "sms_pdu"
            indexes = ((("line", "identity"), True),)

    db.create_tables([Sms, Part, Pdu], safe=False)
