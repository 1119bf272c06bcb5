"""HTTPS with the box's own authority: what it signs, when it is renewed, and that a client believes it."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from secretaryd.config.schema import Config, Web
from secretaryd.errors import CannotStart
from secretaryd.run.secured import Secured, names_of, own_addresses
from webui.certificate import CertificateUnusable, Names, OwnAuthority, context, ends, fingerprint, named

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
NAMES = Names(frozenset({"secretary.local", "localhost"}), frozenset({"192.168.1.7", "127.0.0.1"}))
DAY = dt.timedelta(days=1)


def made(folder: Path, names: Names = NAMES, now: dt.datetime = NOW) -> OwnAuthority:
    own = OwnAuthority(folder)
    own.renew(names, now)
    return own


def test_keys_are_the_owner_s_alone_and_names_are_those_of_the_box(tmp_path: Path) -> None:
    own = made(tmp_path / "tls")
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "tls").iterdir())
    leaf = x509.load_pem_x509_certificate(own.chain_file.read_bytes())
    assert named(leaf) == NAMES
    assert leaf.fingerprint(leaf.signature_hash_algorithm).hex(":").upper() == fingerprint(own.chain_file)  # type: ignore[arg-type]


def test_the_authority_can_stand_for_no_other_site(tmp_path: Path) -> None:
    own = made(tmp_path, Names(NAMES.hosts, frozenset({"192.168.1.7", "203.0.113.9"})))
    assert named(x509.load_pem_x509_certificate(own.chain_file.read_bytes())).addresses == {"192.168.1.7"}
    authority = x509.load_pem_x509_certificate(own.authority_file.read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    hosts = {one.value for one in limits.value.permitted_subtrees or () if isinstance(one, x509.DNSName)}
    assert hosts == {"local", "localhost"}


@pytest.mark.parametrize(
    ("names", "later", "renewed", "trusted_still"),
    [
        (NAMES, DAY, False, True),
        (NAMES, 366 * DAY, False, True),
        (NAMES, 368 * DAY, True, True),
        (NAMES, -10 * DAY, True, True),
        (Names(NAMES.hosts, frozenset({"192.168.1.8"})), DAY, True, True),
        (Names(NAMES.hosts | {"other.local"}, NAMES.addresses), DAY, True, True),
        (Names(NAMES.hosts | {"secretary.lan"}, NAMES.addresses), DAY, True, False),
        (NAMES, 19 * 365 * DAY, True, False),
    ],
)
def test_it_is_made_anew_when_it_must_and_trust_lasts(
    tmp_path: Path, names: Names, later: dt.timedelta, renewed: bool, trusted_still: bool
) -> None:
    own = made(tmp_path)
    before, authority = own.chain_file.read_bytes(), own.authority_file.read_bytes()
    assert own.renew(names, NOW + later) is renewed
    assert (own.chain_file.read_bytes() != before) is renewed
    assert (own.authority_file.read_bytes() == authority) is trusted_still
    assert ends(own.chain_file) > NOW + later
    assert own.renew(names, NOW + later) is False


@pytest.mark.parametrize("broken", ["box.crt", "box.key", "authority.crt", "authority.key"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_lost_or_spoilt_is_made_again(tmp_path: Path, broken: str, content: bytes | None) -> None:
    own = made(tmp_path)
    (tmp_path / broken).unlink() if content is None else (tmp_path / broken).write_bytes(content)
    assert own.renew(NAMES, NOW)
    context(own.chain_file, own.key_file)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("name", "believed"), [("secretary.local", True), ("127.0.0.1", True), ("bank.example", False)]
)
async def test_who_trusts_the_authority_believes_the_box_and_its_names_only(
    tmp_path: Path, name: str, believed: bool
) -> None:
    own = made(tmp_path, now=dt.datetime.now(dt.UTC))
    server = await asyncio.start_server(_greet, "127.0.0.1", 0, ssl=context(own.chain_file, own.key_file))
    trusting = ssl.create_default_context(cafile=own.authority_file)
    port = server.sockets[0].getsockname()[1]
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
        assert (await reader.read()) == b"hello"
        writer.close()
        assert believed
    except ssl.SSLCertVerificationError:
        assert not believed
    finally:
        server.close()


def test_a_certificate_of_the_owner_s_is_used_and_told_where_it_is_none(tmp_path: Path) -> None:
    own = made(tmp_path / "his", now=dt.datetime.now(dt.UTC))
    web = Web(tls=True, certificate=str(own.chain_file), key=str(own.key_file))
    secured = Secured(Config(web=web), tmp_path / "tls")
    assert secured.trust().authority is None
    assert not (tmp_path / "tls").exists()
    for wrong in (str(tmp_path / "nothing.pem"), str(own.chain_file)):
        with pytest.raises(CannotStart, match=r"web\.certificate"):
            Secured(Config(web=Web(tls=True, certificate=str(own.chain_file), key=wrong)), tmp_path / "tls")


def test_a_file_that_changed_is_taken_from_then_on_and_a_bad_one_is_not(tmp_path: Path) -> None:
    own = made(tmp_path / "his", now=dt.datetime.now(dt.UTC))
    web = Web(tls=True, certificate=str(own.chain_file), key=str(own.key_file))
    secured = Secured(Config(web=web), tmp_path / "tls")
    before = secured._loaded
    own.renew(Names(NAMES.hosts, frozenset({"10.0.0.9"})), dt.datetime.now(dt.UTC))
    secured.look()
    assert secured._loaded != before
    own.chain_file.write_bytes(b"garbage")
    secured.look()
    with pytest.raises(CertificateUnusable):
        fingerprint(own.chain_file)


def test_the_box_knows_its_own_names_and_addresses() -> None:
    assert "127.0.0.1" in own_addresses()
    names = names_of(Config(web=Web(hosts=("secretary.lan",))))
    assert {"secretary.local", "localhost", "secretary.lan"} <= names.hosts
    assert {"127.0.0.1", "::1"} <= names.addresses
