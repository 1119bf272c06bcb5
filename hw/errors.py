"""What can go wrong with metal, told by whose move it is next."""


class HardwareError(Exception):
    """Root of everything that `hw` raises."""


class ModemError(HardwareError):
    """The modem, its port or its SIM did not do as asked."""


class PortLost(ModemError):
    """The port vanished or cannot be opened: reconnect with a new object."""


class CommandRefused(ModemError):
    """The modem answered ERROR, +CME ERROR or +CMS ERROR; `code` holds its words."""

    def __init__(self, command: str, code: str) -> None:
        super().__init__(f"{command} -> {code}")
        self.command = command
        self.code = code


class CommandTimeout(ModemError):
    """No final result within the command's own time; the channel resynchronises by itself."""


class SendUncertain(ModemError):
    """A message went to the modem and no answer came: it may have been sent, or not."""


class NotKept(HardwareError):
    """Whoever keeps messages could not: the message stays where it is and is offered again."""


class SoundError(HardwareError):
    """The sound path (PCM port or card) failed."""
