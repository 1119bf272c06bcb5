"""Which port is what, from a made-up sysfs."""

from pathlib import Path

import pytest

from hw.modem.find import NoPort, Ports, find_ports


class Machine:
    """A /sys and a /dev in a folder."""

    def __init__(self, root: Path) -> None:
        self.sys = root / "sys"
        self.dev = root / "dev"
        self.dev.mkdir()
        (self.sys / "bus/usb/devices").mkdir(parents=True)

    def plug(self, name: str, product: str, ttys: dict[int, str], vendor: str = "1e0e") -> None:
        device = self.sys / "bus/usb/devices" / name
        device.mkdir()
        (device / "idVendor").write_text(f"{vendor}\n")
        (device / "idProduct").write_text(f"{product}\n")
        for interface, tty in ttys.items():
            folder = self.sys / "bus/usb/devices" / f"{name}:1.{interface}"
            (folder / tty).mkdir(parents=True)
            (folder / "bInterfaceNumber").write_text(f"{interface:02x}\n")
            (self.dev / tty).touch()

    def find(self, at: str = "auto", pcm: str = "auto") -> Ports:
        return find_ports(at, pcm, sysfs=self.sys, dev=self.dev)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


NORMAL = {0: "ttyUSB0", 1: "ttyUSB1", 2: "ttyUSB2", 3: "ttyUSB3", 4: "ttyUSB4"}
SHIFTED = {0: "ttyUSB1", 1: "ttyUSB2", 2: "ttyUSB7", 3: "ttyUSB4", 4: "ttyUSB10"}
RNDIS = {2: "ttyUSB0", 3: "ttyUSB1", 4: "ttyUSB2", 5: "ttyUSB3", 6: "ttyUSB4"}


@pytest.mark.parametrize(
    ("product", "ttys", "at", "pcm"),
    [
        ("9001", NORMAL, "ttyUSB2", "ttyUSB4"),
        ("9001", SHIFTED, "ttyUSB7", "ttyUSB10"),
        ("9011", RNDIS, "ttyUSB2", "ttyUSB4"),
    ],
)
def test_ports_go_by_interface_not_by_tty_number(
    machine: Machine, product: str, ttys: dict[int, str], at: str, pcm: str
) -> None:
    machine.plug("1-1.3", "9999", {2: "ttyUSB99"}, vendor="1a86")
    machine.plug("1-1.2", product, ttys)
    assert machine.find() == Ports(machine.dev / at, machine.dev / pcm, primary=True)


def test_two_modems_are_taken_in_the_order_of_their_sockets(machine: Machine) -> None:
    machine.plug("1-1.4", "9001", {2: "ttyUSB2", 4: "ttyUSB4"})
    machine.plug("1-1.1", "9001", {2: "ttyUSB7", 4: "ttyUSB9"})
    assert machine.find().at == machine.dev / "ttyUSB7"


def test_explicit_paths_pass_through(machine: Machine) -> None:
    pty, link = machine.dev / "pts-3", machine.dev / "modem-pcm"
    pty.touch()
    link.symlink_to(pty)
    assert machine.find(str(pty), str(link)) == Ports(pty, link)
    assert machine.find(str(pty), "") == Ports(pty, None)
    assert machine.find(str(pty), "auto") == Ports(pty, None)


def test_the_sound_port_beside_an_explicit_at_port_is_found(machine: Machine) -> None:
    machine.plug("1-1.2", "9001", NORMAL)
    link = machine.dev / "modem-at"
    link.symlink_to(machine.dev / "ttyUSB2")
    assert machine.find(str(link)) == Ports(link, machine.dev / "ttyUSB4", primary=True)
    second = machine.dev / "ttyUSB3"
    assert machine.find(str(second)) == Ports(second, None, primary=False)


@pytest.mark.parametrize(
    ("at", "pcm", "words"),
    [
        (
            "auto",
            "auto",
            "no SIM7600 on the USB bus: looked in .* for 1e0e:9001 interface 02 or 1e0e:9011 interface 04",
        ),
        ("auto", "", "no SIM7600"),
        ("/dev/none", "auto", "at_port /dev/none does not exist"),
        ("", "auto", "at_port is empty"),
        ("{dev}", "/dev/none", "pcm_port /dev/none does not exist"),
    ],
)
def test_what_was_looked_for_is_said(machine: Machine, at: str, pcm: str, words: str) -> None:
    with pytest.raises(NoPort, match=words):
        machine.find(at.format(dev=machine.dev), pcm)


def test_a_modem_whose_driver_is_missing_is_named(machine: Machine) -> None:
    machine.plug("1-1.2", "9001", {})
    with pytest.raises(NoPort, match=r"1-1\.2 is a SIM7600.*option driver"):
        machine.find()
    machine.plug("1-1.3", "9001", {2: "ttyUSB2"})
    with pytest.raises(NoPort, match=r"1-1\.3 has an AT port but its sound"):
        machine.find()
    assert machine.find("auto", "").at == machine.dev / "ttyUSB2"
