"""HTTPS of the page: whose certificate, and when it is made anew."""

import array
import asyncio
import datetime as dt
import fcntl
import ipaddress
import logging
import socket
import struct
from pathlib import Path
from typing import Final

from secretaryd.config.schema import Config
from secretaryd.errors import CannotStart
from webui.certificate import CertificateUnusable, Names, OwnAuthority, context, ends, load
from webui.hosts import ALLOWED_HOSTS
from webui.trust import Trust

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 600.0
"""Between two looks at the box's addresses and at the end of the certificate."""
SIOCGIFCONF: Final = 0x8912
IFREQ_BYTES: Final = 40
"""struct ifreq on a 64-bit machine: a name of 16 bytes, and a union of 24."""
MOST_INTERFACES: Final = 64


class Secured:
    """The context that connections are made with. Raises CannotStart where the owner's own certificate is none."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._own = OwnAuthority(folder) if not config.web.certificate else None
        try:
            if self._own is not None:
                self._own.renew(names_of(config), _now())
                self._chain, self._key = self._own.chain_file, self._own.key_file
            else:
                self._chain, self._key = Path(config.web.certificate), Path(config.web.key)
            self.context = context(self._chain, self._key)
        except (CertificateUnusable, OSError) as error:
            raise CannotStart(f"HTTPS cannot begin: {error}; see web.certificate, or switch web.tls off") from error
        self._loaded = self._stamp()

    def trust(self) -> Trust:
        """What the page tells about it."""
        return Trust(self._chain, self._own.authority_file if self._own is not None else None)

    async def keep(self) -> None:
        """Renews in time, and takes the owner's own anew when its file has changed."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """Once. What goes wrong is told, and the page goes on with what it has."""
        try:
            if self._own is not None:
                self._own.renew(names_of(self._config), _now())
            if self._stamp() != self._loaded:
                load(self.context, self._chain, self._key)
                self._loaded = self._stamp()
                log.info("another certificate is used from now on", extra={"until": str(ends(self._chain))})
        except (CertificateUnusable, OSError) as error:
            log.warning("the certificate was not renewed", extra={"error": str(error)})

    def _stamp(self) -> tuple[int, int]:
        return self._chain.stat().st_mtime_ns, self._key.stat().st_mtime_ns


def names_of(config: Config) -> Names:
    """What the box is called in the house."""
    own = socket.gethostname().lower()
    hosts = {"secretary.local", "localhost", own, f"{own.partition('.')[0]}.local", *config.web.hosts}
    addresses = {name for name in ALLOWED_HOSTS if _is_address(name)}
    return Names(frozenset(one for one in hosts if one), frozenset(addresses | set(own_addresses())))


def own_addresses() -> list[str]:
    """IPv4 of all interfaces (netdevice(7)): needs neither /proc nor netlink, which the unit keeps away."""
    room = array.array("B", bytes(IFREQ_BYTES * MOST_INTERFACES))
    place, _ = room.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        told = fcntl.ioctl(probe, SIOCGIFCONF, struct.pack("iL", len(room), place))
    used, _ = struct.unpack("iL", told)
    return [socket.inet_ntoa(room[at + 20 : at + 24].tobytes()) for at in range(0, used, IFREQ_BYTES)]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
