"""Which port is what. The only place that knows of USB: elsewhere a port is a path, perhaps a pseudo-terminal.

Numbers of ttyUSB shift when anything is replugged, so ports are found by the interface they belong to (SIMCom's default
composition 1e0e:9001: 02 AT, 04 sound; with RNDIS, 1e0e:9011: 04 and 06, as in the Linux option driver).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hw.errors import ModemError

AUTO: Final = "auto"
VENDOR: Final = "1e0e"
INTERFACES: Final[dict[str, tuple[int, int]]] = {"9001": (2, 4), "9011": (4, 6)}
"""Product to the interface numbers of AT and sound."""


class NoPort(ModemError):
    """No modem where one was looked for; the text says where."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the modem is. `pcm` is None when sound goes another way or is not found beside an explicit AT port."""

    at: Path
    pcm: Path | None
    primary: bool = False
    """Whether `at` is known to be the primary AT interface, the one to which AT+CATR=3 sends URCs."""


@dataclass(frozen=True, slots=True)
class UsbModem:
    """One modem on the USB bus."""

    name: str
    product: str
    at: Path | None
    pcm: Path | None


def find_ports(at_port: str, pcm_port: str, *, sysfs: Path = Path("/sys"), dev: Path = Path("/dev")) -> Ports:
    """`auto` looks on the USB bus, a path is taken as it is (a symbolic link or a pseudo-terminal too), and "" for the
    sound port means none. Raises NoPort."""
    modems = usb_modems(sysfs, dev)
    if at_port == AUTO:
        modem = next((modem for modem in modems if modem.at is not None), None)
        if modem is None or modem.at is None:
            raise NoPort(_what_was_looked_for(modems, sysfs))
        at = modem.at
    else:
        at = _existing(at_port, "at_port")
        modem = next((modem for modem in modems if modem.at is not None and _same(modem.at, at)), None)
    if pcm_port == AUTO:
        if at_port == AUTO and modem is not None and modem.pcm is None:
            raise NoPort(f"USB device {modem.name} has an AT port but its sound interface has no ttyUSB")
        return Ports(at, modem.pcm if modem is not None else None, primary=modem is not None)
    return Ports(at, _existing(pcm_port, "pcm_port") if pcm_port else None, primary=modem is not None)


def usb_modems(sysfs: Path, dev: Path) -> list[UsbModem]:
    """Modems on the bus, in the order of their sockets."""
    modems = []
    for device in sorted((sysfs / "bus/usb/devices").glob("*")):
        product = _text(device / "idProduct")
        if _text(device / "idVendor") != VENDOR or product not in INTERFACES:
            continue
        at, pcm = INTERFACES[product]
        modems.append(UsbModem(device.name, product, _tty(device, at, dev), _tty(device, pcm, dev)))
    return modems


def _tty(device: Path, interface: int, dev: Path) -> Path | None:
    """The tty of an interface. Interfaces lie beside their device as links (1-1.2:1.4) and in it as folders."""
    folders = [*device.glob(f"{device.name}:*"), *device.parent.glob(f"{device.name}:*")]
    for folder in sorted(folders):
        if _text(folder / "bInterfaceNumber") == f"{interface:02x}":
            for tty in sorted(folder.glob("ttyUSB*")):
                return dev / tty.name
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""  # gone in the meantime, or no such attribute: not the device that is looked for


def _existing(path: str, key: str) -> Path:
    if not path:
        raise NoPort(f"{key} is empty: give a path or {AUTO!r}")
    if not Path(path).exists():
        raise NoPort(f"{key} {path} does not exist")
    return Path(path)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _what_was_looked_for(modems: list[UsbModem], sysfs: Path) -> str:
    wanted = " or ".join(f"{VENDOR}:{product} interface {at:02x}" for product, (at, _) in INTERFACES.items())
    if modems:
        names = ", ".join(modem.name for modem in modems)
        return f"USB device {names} is a SIM7600, but its AT interface has no ttyUSB (is the option driver loaded?)"
    return f"no SIM7600 on the USB bus: looked in {sysfs}/bus/usb/devices for {wanted}"
