"""Construction of the line: the modem's keeper, the way of its sound, the clock that its network sets."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hw.board.clock import KernelClock
from hw.board.power import GpioPowerKey
from hw.modem.events import Fact
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.sim import PinSource
from hw.ports import Inbox
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.call.sound import AlsaSound, ModemSound
from secretaryd.config.schema import Config
from secretaryd.timekeeping import Timekeeper
from secretaryd.troubles import Troubles

SWITCH_SECONDS: Final = 0.0005
"""How long a thread that wants to run waits until the one that runs Python is bidden to let it. Python's own are 5 ms,
and the line's thread may have to wait several times within its 20 ms."""
CLOCK_REQUEST: Final = "clock"
"""In the folder of the sockets, where secretary-clock.path looks for it."""


def make_keeper(
    config: Config, pin: PinSource | None, publish: Callable[[Fact], None], inbox: Inbox | None = None
) -> ModemKeeper:
    """The modem as configured; without an `inbox` messages stay in it."""
    modem = config.modem
    return ModemKeeper(
        ModemSettings(
            at_port=modem.at_port,
            pcm_port=modem.pcm_port,
            sim_pin_file=Path(modem.sim_pin_file) if modem.sim_pin_file else None,
            sim_pin=pin,
            state_dir=config.box.data_dir,
        ),
        publish,
        power_key=GpioPowerKey(modem.power_gpio) if modem.power_gpio else None,
        inbox=inbox,
    )


def make_sound(config: Config, keeper: ModemKeeper) -> ModemSound | AlsaSound:
    """Where the calls' sound goes; the line's thread is let in at once from now on."""
    sys.setswitchinterval(SWITCH_SECONDS)
    if config.modem.audio == "alsa":
        return AlsaSound(config.modem.alsa_capture, config.modem.alsa_playback)
    return ModemSound(keeper)


def make_timekeeper(config: Config, bus: Bus, troubles: Troubles, calls: Calls) -> Timekeeper:
    """It sets this machine's clock, while no call is up."""
    clock = KernelClock(config.runtime_dir / CLOCK_REQUEST)
    keeper = Timekeeper(clock, bus, troubles, idle=lambda: calls.driver is None, monotonic=time.monotonic)
    keeper.look()
    return keeper
