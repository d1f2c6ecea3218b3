"""Calls with a deadline over TLS: it is the host that is asked and trusted, not its address."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.pacing import OpenGate
from loyalty_desk.http.transport import Transport


class Booking(BaseHTTPRequestHandler):
    """Answers every POST, and keeps for which host it was."""

    hosts: list[str]

    def do_POST(self) -> None:
        self.hosts.append(self.headers["Host"])
        body = b'{"id": 1}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def make_certificate(folder: Path, host: str) -> Path:
    """A certificate of its own making for one host name and for no address, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture(params=["localhost", "elsewhere.example"])
def served_for(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int, Path]]:
    """A server at localhost, certified for a host: that host, the port, and what to trust."""
    certificate = make_certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(("127.0.0.1", 0), type("Fresh", (Booking,), {"hosts": []})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield request.param, server.server_port, certificate
        server.shutdown()


def post(port: int, trusted: Path) -> int:
    session = requests.Session()
    session.verify, session.trust_env = str(trusted), False  # nor what the machine trusts
    transport = Transport(
        session,
        f"https://localhost:{port}",
        "Rivo",
        gate=OpenGate(),
        conn_id="rivo_acme",
        max_wait_s=0.1,
    )
    with transport.until(Deadline.after(10)):
        return transport.send("POST", "/points_events", form={"points_amount": "5"}).status


def test_only_the_certificate_of_the_host_is_trusted(served_for: tuple[str, int, Path]) -> None:
    host, port, certificate = served_for

    if host == "localhost":
        assert post(port, certificate) == 201
        return
    with pytest.raises(ApiUnavailableError) as failure:
        post(port, certificate)
    assert not failure.value.may_have_arrived


def test_the_service_is_told_the_host_and_not_its_address() -> None:
    handler = type("Fresh", (Booking,), {"hosts": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        transport = Transport(
            requests.Session(),
            f"http://localhost:{server.server_port}",
            "Rivo",
            gate=OpenGate(),
            conn_id="rivo_acme",
        )
        with transport.until(Deadline.after(10)):
            transport.send("POST", "/points_events", form={"points_amount": "5"})
        server.shutdown()

    assert handler.hosts == [f"localhost:{server.server_port}"]  # type: ignore[attr-defined]
