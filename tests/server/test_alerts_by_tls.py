"""Webhooks over TLS: certificates of an own authority, and those that are refused, by name."""

from __future__ import annotations

import ssl
import sys
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from test_alert_delivery import ALERT, LOCAL, Receiver, add_target, error_of, make_due, send

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Client

NOW = datetime.now(timezone.utc)
USES = [
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
]  # newer Pythons ask for all that a certificate should have


class Authority:
    """An authority with a certificate of its own, in the file *path*."""

    def __init__(self, path: Path) -> None:
        self.path, self._key = path, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of tests")])
        signs = x509.KeyUsage(**{use: use in {"key_cert_sign", "crl_sign"} for use in USES})
        builder = self._builder(self._name, self._key.public_key(), NOW + timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        path.write_bytes(_pem(builder.add_extension(signs, critical=True).sign(self._key, hashes.SHA256())))

    def context(self, *names: x509.GeneralName, ends: datetime = NOW + timedelta(days=1)) -> ssl.SSLContext:
        """Return the settings of a server that has a certificate for *names*."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
        builder = self._builder(subject, key.public_key(), ends)
        certificate = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self.path.with_name("receiver.pem")
        path.write_bytes(key.private_bytes(*form) + _pem(certificate.sign(self._key, hashes.SHA256())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number())
        builder = builder.not_valid_before(NOW - timedelta(days=2)).not_valid_after(ends)
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        return builder.add_extension(signer, critical=False)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class SecureReceiver(Receiver):
    """A webhook that speaks TLS with the settings *context*."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = self.url.replace("http://127.0.0.1", "https://localhost")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where a client refuses the certificate."""
        if not isinstance(sys.exc_info()[1], ssl.SSLError):
            super().handle_error(request, client_address)


LOCALHOST = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))


def test_a_certificate_of_an_own_authority(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is accepted once the operator names the authority; a redirect, also to an inner address, is not followed."""
    client.upsert("r")
    authority = Authority(tmp_path / "authority.pem")
    with SecureReceiver(authority.context(*LOCALHOST)) as receiver:
        add_target(client.services, "webhook", f"{receiver.url}/hook")
        client.query(ALERT, title="t")
        assert send(client) == 1
        assert (receiver.requests, error_of(client.services)) == (
            [],
            "the receiver's certificate is not accepted: unable to get local issuer certificate",
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        receiver.statuses = [307]
        for error in ("the receiver answered 307", None):
            make_due(client.services)
            assert (send(client), error_of(client.services)) == (1, error)
        assert [path for path, *_ in receiver.requests] == ["/hook", "/hook"]


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ((LOCALHOST, -1), "certificate has expired"),
        ((LOCALHOST[1:], 1), "Hostname mismatch, certificate is not valid for 'localhost'."),
    ],
)
def test_certificates_that_are_refused(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Any, reason: str
) -> None:
    """The owner of the project sees why; nothing is sent to the receiver."""
    client.upsert("r")
    authority, (names, days) = Authority(tmp_path / "authority.pem"), certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with SecureReceiver(authority.context(*names, ends=NOW + timedelta(days=days))) as receiver:
        add_target(client.services, "webhook", receiver.url)
        client.query(ALERT, title="t")
        assert send(client, LOCAL) == 1
        assert error_of(client.services) == f"the receiver's certificate is not accepted: {reason}"
        assert receiver.requests == []
