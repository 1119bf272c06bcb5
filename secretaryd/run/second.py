"""The second hearing put together."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.desk.second import SecondDesk
from secretaryd.house.keeper import Chore, Housekeeper
from secretaryd.house.second import SecondHearing
from secretaryd.run.models import second_model
from secretaryd.troubles import Troubles
from storage.store import Storage
from voice.speech.second_client import SecondClient


def make_second(
    config: Config, storage: Storage, idle: Callable[[], Awaitable[None]], bus: Bus, troubles: Troubles
) -> tuple[Housekeeper, SecondDesk]:
    """What hears, and what answers for it. The model is the one that the speech process has: both read it at their
    start. `idle` returns when no call has the line."""
    model = second_model(config)
    name = model.name if model is not None else ""
    if config.stt.second and model is None:
        troubles.note("second.missing", config.stt.second)
    zone = ZoneInfo(config.box.timezone)
    client = SecondClient(config.speech_socket)
    hearing = SecondHearing(storage, client, idle, lambda: name, bus, troubles, zone)
    return Housekeeper([Chore("second", hearing.step)], idle), SecondDesk(storage.second, hearing, config.box.language)
