"""Who is to see to a message."""

from pathlib import Path
from typing import Any

import pytest

from secretaryd.bus import Bus
from secretaryd.control.protocol.calls import AssignMessage, ListHelpers, MessageChanged
from secretaryd.control.rights import Peer
from secretaryd.control.roles import Actors, Standing
from secretaryd.control.server import DeskError
from secretaryd.desk.desk import Desk
from secretaryd.desk.duty import DutyDesk
from storage.audit.records import AuditFilter
from storage.store import Storage

ANNA = Peer(1, "anna")


async def test_a_message_goes_to_one_who_may_handle_it_and_that_is_written_down(tmp_path: Path) -> None:
    storage = await Storage.open(f"sqlite:///{tmp_path / 'secretary.db'}", tmp_path)
    try:
        call = await storage.begin("line1", "in", "+79161234567", "presented", 1.0)
        message = await storage.add_message(call.id, 2.0, "Павел", "", "ремонт")
        actors = Actors()
        actors.replace(
            {
                "anna": Standing("admin"),
                "boris": Standing("operator"),
                "vera": Standing("viewer"),
                "gleb": Standing("viewer", ("messages.handle",)),
                "dina": Standing("editor", ("chat",)),
            }
        )
        bus = Bus()
        desk = Desk([DutyDesk(storage, actors, bus, "ru").handlers()], "ru")

        async def ask(request: Any) -> Any:
            return await desk(request, ANNA)

        assert (await ask(ListHelpers()))["users"] == ["anna", "boris", "gleb"]
        assert (await ask(AssignMessage(id=message.id, user="gleb")))["message"]["assigned"] == "gleb"
        assert [one.id for one in await storage.messages(assigned="gleb")] == [message.id]
        assert await storage.messages(assigned="boris") == ()
        for request, status in ((AssignMessage(id=message.id, user="vera"), 400), (AssignMessage(id=99), 404)):
            with pytest.raises(DeskError) as caught:
                await ask(request)
            assert caught.value.status == status
        assert (await ask(AssignMessage(id=message.id)))["message"]["assigned"] == ""
        with bus.reader(0) as reader:
            bus.close()
            assert [stamped.event async for stamped in reader] == [
                MessageChanged(message=message.id, call=call.id, handled=False, assigned=user) for user in ("gleb", "")
            ]
        told = [(one.who, one.what, one.after) for one in await storage.audit.list(AuditFilter())]
        assert told == [("anna", "message.assigned", None), ("anna", "message.assigned", {"to": "gleb"})]
    finally:
        await storage.close()
