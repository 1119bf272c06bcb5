"""The SMS desk put together."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hw.modem.keeper import ModemKeeper
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.config.schema import Config
from secretaryd.desk.sms import SmsDesk
from secretaryd.owner.keeper import Asker, Owner
from secretaryd.sms.courier import Courier
from secretaryd.sms.uses import Uses
from storage.records import CallRecord, DayStats, MessageRecord
from storage.sms.records import FollowUp
from storage.store import Storage

ASKER: Final = Asker("owner by SMS", "sms")


class StoredRecords:
    """secretaryd.sms.uses.Records over the storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def owed(self) -> tuple[FollowUp, ...]:
        """What may want a message."""
        return await self._storage.sms.owed()

    async def message(self, message_id: int) -> MessageRecord:
        """What a caller left."""
        return await self._storage.message(message_id)

    async def call(self, call_id: int) -> CallRecord:
        """A call with its turns."""
        return await self._storage.call(call_id)

    async def recent(self, limit: int) -> tuple[CallRecord, ...]:
        """Calls, newest first."""
        return await self._storage.recent(limit)

    async def stats(self, since: float) -> DayStats:
        """Counts."""
        return await self._storage.stats(since)

    async def last_sms(self, number: str, purpose: str) -> float | None:
        """When such a message was queued last."""
        return await self._storage.sms.last_to(number, purpose)

    async def call_back(self, call_id: int, made: float) -> int:
        """A task: to be dialled by the owner's action or rule."""
        return (await self._storage.outgoing.call_back(call_id, made)).id


@dataclass(frozen=True, slots=True)
class SmsParts:
    """What the core holds of it."""

    courier: Courier
    uses: Uses
    desk: SmsDesk

    async def run(self, keeper: ModemKeeper, calls: Calls) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.follow(self.uses.received), name="sms.follow")
            group.create_task(self.courier.deliver(keeper, calls), name="sms.deliver")
            group.create_task(self.uses.run(), name="sms.uses")


def make_courier(line: str, storage: Storage, bus: Bus, config: Callable[[], Config], zone: dt.tzinfo) -> Courier:
    """First, since the modem's keeper holds it as its inbox."""
    return Courier(line, storage.sms, bus, lambda: config().sms, zone, time.time)


def make_sms(
    courier: Courier,
    storage: Storage,
    bus: Bus,
    config: Callable[[], Config],
    owner: Owner,
    keeper: ModemKeeper,
    calls: Calls,
    zone: dt.tzinfo,
) -> SmsParts:
    """The rest, once there are calls."""

    def state() -> dict[str, str]:
        modem = keeper.status
        return {"line": calls.state, "operator": modem.operator or "-", "bars": str(modem.bars)}

    async def set_recording(on: bool) -> None:
        await owner.set_value(ASKER, "call.record", on)

    uses = Uses(courier, StoredRecords(storage), bus, config, state, set_recording, zone, time.time)
    return SmsParts(courier, uses, SmsDesk(courier, storage.sms, config().box.language))
