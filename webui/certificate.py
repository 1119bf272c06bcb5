"""HTTPS in a house: an authority of the box's own that the owner trusts once, and certificates of it that come and go.

The authority may sign for the box's names and for private addresses only (RFC 5280, 4.2.1.10): who steals its key can
stand for no bank. A certificate is made anew before it ends, and when the box's addresses change.
"""

import datetime as dt
import ipaddress
import logging
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webui.errors import WebError

log = logging.getLogger(__name__)

AUTHORITY_YEARS: Final = 20
LEAF_DAYS: Final = 397
"""Browsers refuse longer ones of public authorities, and some of every authority (Apple: 825 days)."""
RENEW_DAYS: Final = 30
BACKDATED: Final = dt.timedelta(days=2)
"""A box without a clock of its own may be behind a little when it first starts."""
MDNS_SUFFIX: Final = "local"
PRIVATE: Final = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10",
         "::1/128"),
    )
)  # fmt: skip
MODE: Final = 0o600


class CertificateUnusable(WebError):
    """The owner's own certificate cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the box is called: DNS names, and addresses as text."""

    hosts: frozenset[str]
    addresses: frozenset[str]

    def private(self) -> "Names":
        """Without addresses that the authority may not sign for."""
        inside = (one for one in self.addresses if any(ipaddress.ip_address(one) in net for net in PRIVATE))
        return Names(self.hosts, frozenset(inside))


class OwnAuthority:
    """Authority and certificate in a folder of the page's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority_file = folder / "authority.crt"
        self.chain_file, self.key_file = folder / "box.crt", folder / "box.key"

    def renew(self, names: Names, now: dt.datetime) -> bool:
        """Makes what is missing, ends soon, or does not fit the names; True where the certificate is another one now.
        Raises OSError."""
        names = names.private()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority, key = self._authority(names, now)
        if self._fits(authority, names, now):
            return False
        own = ec.generate_private_key(ec.SECP256R1())
        leaf = _leaf(own.public_key(), authority, key, names, now)
        _write(self.key_file, _private(own))
        _write(self.chain_file, _pem(leaf) + _pem(authority))
        prints = {"fingerprint": fingerprint(self.chain_file), "authority": fingerprint(self.authority_file)}
        log.info("certificate made", extra={"names": sorted(names.hosts | names.addresses), **prints})
        return True

    def _authority(self, names: Names, now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_file = self._folder / "authority.key"
        try:
            kept = x509.load_pem_x509_certificate(self.authority_file.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        except (FileNotFoundError, ValueError):
            kept, key = None, None
        if (
            kept is not None
            and isinstance(key, ec.EllipticCurvePrivateKey)
            and key.public_key() == kept.public_key()
            and _may_sign(kept, names)
            and kept.not_valid_after_utc > now + dt.timedelta(days=LEAF_DAYS)
        ):
            return kept, key
        key = ec.generate_private_key(ec.SECP256R1())
        made = _authority(key, names, now)
        _write(key_file, _private(key))
        _write(self.authority_file, _pem(made))
        log.warning("an authority of the box's own was made: trust it anew on your devices")
        return made, key

    def _fits(self, authority: x509.Certificate, names: Names, now: dt.datetime) -> bool:
        try:
            kept = x509.load_pem_x509_certificate(self.chain_file.read_bytes())
            key = serialization.load_pem_private_key(self.key_file.read_bytes(), None)
            kept.verify_directly_issued_by(authority)
        except (FileNotFoundError, ValueError, TypeError, InvalidSignature):
            return False
        if key.public_key() != kept.public_key() or named(kept) != names:
            return False
        return kept.not_valid_before_utc <= now and kept.not_valid_after_utc > now + dt.timedelta(days=RENEW_DAYS)


def context(chain: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and later. Raises CertificateUnusable."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    load(made, chain, key)
    return made


def load(into: ssl.SSLContext, chain: Path, key: Path) -> None:
    """For connections from now on. Raises CertificateUnusable."""
    try:
        into.load_cert_chain(chain, key, password=lambda: b"")
    except (OSError, ValueError) as error:  # SSLError is an OSError
        reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error)
        raise CertificateUnusable(f"{chain} with {key}: {reason}") from error


def fingerprint(chain: Path) -> str:
    """SHA-256 of the first certificate of a file, as browsers show it: "AB:CD:…". Raises CertificateUnusable."""
    try:
        found = x509.load_pem_x509_certificate(chain.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateUnusable(f"{chain}: {error}") from error
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def ends(chain: Path) -> dt.datetime:
    """When the first certificate of a file ends. Raises CertificateUnusable."""
    try:
        return x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise CertificateUnusable(f"{chain}: {error}") from error


def named(certificate: x509.Certificate) -> Names:
    """What a certificate is for."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names(frozenset(), frozenset())
    hosts = frozenset(told.get_values_for_type(x509.DNSName))
    return Names(hosts, frozenset(str(one) for one in told.get_values_for_type(x509.IPAddress)))


def _authority(key: ec.EllipticCurvePrivateKey, names: Names, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Secretary box {key_id(key)}")])
    permitted: list[x509.GeneralName] = [x509.DNSName(one) for one in sorted(_permitted_hosts(names.hosts))]
    permitted += [x509.IPAddress(one) for one in PRIVATE]
    builder = _builder(name, name, key.public_key(), now, now + dt.timedelta(days=365 * AUTHORITY_YEARS))
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def key_id(key: ec.EllipticCurvePrivateKey) -> str:
    """Tells one box's authority from another's in a list of trusted ones."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]


def _leaf(
    own: ec.EllipticCurvePublicKey,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    names: Names,
    now: dt.datetime,
) -> x509.Certificate:
    hosts: list[x509.GeneralName] = [x509.DNSName(one) for one in sorted(names.hosts)]
    hosts += [x509.IPAddress(ipaddress.ip_address(one)) for one in sorted(names.addresses)]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Secretary box")])
    builder = _builder(subject, authority.subject, own, now, now + dt.timedelta(days=LEAF_DAYS))
    return (
        builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: dt.datetime, until: dt.datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - BACKDATED).not_valid_after(until)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted_hosts(hosts: Iterable[str]) -> set[str]:
    return {MDNS_SUFFIX} | {one for one in hosts if not one.endswith(f".{MDNS_SUFFIX}")}


def _may_sign(authority: x509.Certificate, names: Names) -> bool:
    told = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    allowed = {one.value for one in told if isinstance(one, x509.DNSName)}
    return _permitted_hosts(names.hosts) <= allowed


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and never readable by others."""
    unfinished = path.with_suffix(path.suffix + ".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=MODE, exist_ok=False)
    unfinished.write_bytes(data)
    unfinished.replace(path)
