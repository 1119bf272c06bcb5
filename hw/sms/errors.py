"""What can be wrong with a PDU."""

from hw.errors import HardwareError


class PduError(HardwareError):
    """Bytes that are no short message, or a message that cannot be written; the only error of this package."""
