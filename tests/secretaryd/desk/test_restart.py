"""Having services of the box start anew, by request."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from secretaryd.config.schema import Config
from secretaryd.control.protocol.box import RestartBox, ShowRestart
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.desk import Desk
from secretaryd.desk.restart import RestartDesk
from secretaryd.restarting import SERVICES, Restarter
from storage.audit.records import AuditFilter
from storage.store import Storage

ANNA = Peer(1, "anna")


async def test_services_start_anew_and_that_is_written_down(tmp_path: Path) -> None:
    storage = await Storage.open(f"sqlite:///{tmp_path / 'secretary.db'}", tmp_path)
    try:
        line, archiving = SimpleNamespace(busy=True), SimpleNamespace(now=False)

        async def idle() -> None:
            raise AssertionError("nobody runs it here")

        restarter = Restarter(Config, idle, lambda: None, tmp_path)
        desk = Desk([RestartDesk(restarter, line, lambda: archiving.now, storage.audit, "ru").handlers()], "ru")

        async def ask(request: Any) -> Any:
            return await desk(request, ANNA)

        assert await ask(ShowRestart()) == {"waiting": [], "asked": [], "call": True}
        assert (await ask(RestartBox(services=("secretary-llm",))))["asked"] == ["secretary-llm"]
        with pytest.raises(DeskError) as caught:
            await ask(RestartBox(services=("sshd",)))
        assert (caught.value.problem.code, caught.value.status) == ("unknown", 404)
        archiving.now = True
        with pytest.raises(DeskError) as caught:
            await ask(RestartBox())
        assert (caught.value.problem.code, caught.value.status) == ("backup", 409)
        archiving.now = False
        assert (await ask(RestartBox()))["asked"] == list(SERVICES)
        told = [(one.who, one.what, one.after) for one in await storage.audit.list(AuditFilter())]
        assert told == [
            ("anna", "box.restarted", {"services": list(SERVICES)}),
            ("anna", "box.restarted", {"services": ["secretary-llm"]}),
        ]
    finally:
        await storage.close()
