"""Posting over TLS: only to whom the certificate was given, and only if somebody trusted gave it."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crossmarket.foundation import outward
from tests.receiver import Receiver, running


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "localhost.pem"
    file.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls_receiver(settings: object, certificate: Path) -> Iterator[Receiver]:
    """A receiver that speaks TLS."""
    settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def protect(server: ThreadingHTTPServer) -> None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None

    with running(protect) as receiver:
        receiver.url = receiver.url.replace("http://127.0.0.1", "https://localhost")
        yield receiver


def test_a_trusted_receiver_is_posted_to(
    tls_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert outward.post(tls_receiver.url, b"{}", {}).status == 200


def test_one_that_nobody_vouches_for_is_not(tls_receiver: Receiver) -> None:
    with pytest.raises(outward.NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        outward.post(tls_receiver.url, b"{}", {})
    assert tls_receiver.received == []


def test_nor_is_one_with_a_certificate_for_another_name(
    tls_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(outward.NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        outward.post(tls_receiver.url.replace("localhost", "127.0.0.1"), b"{}", {})
    assert tls_receiver.received == []
