"""Posting to and fetching from addresses that others chose: bounded in time and size, never into our own network."""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

SECONDS = 10.0
"""How long a receiver may take for everything together, from connecting to the last byte that is read."""
READ_AT_MOST = 500
"""Bytes of an answer that are read; receivers have nothing to tell but the status."""
MOST_REDIRECTS = 3
REDIRECTS = {301, 302, 303, 307, 308}
PORTS = {"http": 80, "https": 443}
TRANSLATED = tuple(ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))
"""Networks whose addresses stand for others, which could be ours."""
UNREADABLE = (OSError, http.client.HTTPException, ValueError)
"""All that connections, TLS and the parsing of nonsense raise."""


class NotSent(Exception):
    """Nothing came back that is an answer; the message says why, for people."""


class Forbidden(NotSent):
    """The address may not be asked."""


@dataclass(frozen=True)
class Reply:
    """What a receiver answered: the HTTP status, and the first bytes as text."""

    status: int
    beginning: str


@dataclass(frozen=True)
class Fetched:
    """What stands at an address: the HTTP status, and all of the body."""

    status: int
    body: bytes


def check_address(url: str, in_the_open: bool = False) -> SplitResult:
    """The parts of an address that may be asked, as far as can be told without asking for its host.

    in_the_open: whether it may be asked without encryption, as for what everybody may see. Raises `Forbidden`.
    """
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.isascii() or not url.isprintable() or " " in url:
        raise Forbidden("This is no address such as https://shop.example/webhooks.")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("The address has a name or a password in it. Receivers check the signature instead.")
    if parts.scheme != "https" and not in_the_open and not settings.WEBHOOKS_TO_PRIVATE_NETWORKS:
        raise Forbidden("The address does not begin with https://, so that anyone on the way could read along.")
    return parts


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> Reply:
    """Post a body and return the answer, whatever its status; redirects are answers like any others.

    Raises `NotSent` when there is no answer in time, or none that is HTTP, and `Forbidden` when the address, or any
    that its name stands for, is not on the open internet (unless `WEBHOOKS_TO_PRIVATE_NETWORKS` is set).
    """
    parts = check_address(url)
    with _connected(parts, time.monotonic() + seconds, seconds) as connection:
        connection.request("POST", _target(parts), body, {"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        beginning = answer.read(READ_AT_MOST)
        if connection.was_cut:  # what was read ends where we cut it
            raise TimeoutError
        return Reply(answer.status, beginning.decode(errors="replace").replace("\0", "\ufffd"))


def fetch(url: str, most_bytes: int, seconds: float = SECONDS) -> Fetched:
    """What stands at a public address, in all within these seconds; a few redirects are followed, each one checked.

    Raises `NotSent` when there is no answer in time, none that is HTTP, or one of more bytes, and `Forbidden` when the
    address, or any that its name stands for, is not on the open internet (unless `WEBHOOKS_TO_PRIVATE_NETWORKS`).
    """
    deadline = time.monotonic() + seconds
    for _hop in range(MOST_REDIRECTS + 1):
        parts = check_address(url, in_the_open=True)
        with _connected(parts, deadline, seconds) as connection:
            connection.request("GET", _target(parts), headers={"Host": parts.netloc, "Accept-Encoding": "identity"})
            answer = connection.getresponse()
            if answer.status in REDIRECTS and answer.headers.get("Location"):
                url = urljoin(url, answer.headers["Location"])
                continue
            body = answer.read(most_bytes + 1)
            if connection.was_cut:
                raise TimeoutError
            if len(body) > most_bytes:
                raise NotSent(f"There are more than {most_bytes:,} bytes.")
            return Fetched(answer.status, body)
    raise NotSent(f"The address leads to others more than {MOST_REDIRECTS} times.")


@contextmanager
def _connected(parts: SplitResult, deadline: float, seconds: float) -> Iterator["_Connection"]:
    """A connection that is cut at the deadline; whatever breaks while it is used is `NotSent`."""
    connection = _Connection(parts, _allowed_addresses(parts), deadline)
    cutter = threading.Timer(max(0.0, deadline - time.monotonic()), connection.cut)
    cutter.daemon = True
    cutter.start()
    try:
        yield connection
    except UNREADABLE as error:
        if connection.was_cut or isinstance(error, TimeoutError):
            raise NotSent(f"No whole answer within {seconds:.0f} seconds.") from error
        raise NotSent(f"{type(error).__name__}: {error}"[:READ_AT_MOST]) from error
    finally:
        cutter.cancel()
        connection.close()


def _target(parts: SplitResult) -> str:
    return parts._replace(scheme="", netloc="", fragment="").geturl() or "/"


def _allowed_addresses(parts: SplitResult) -> list[str]:
    """The IP addresses of a host, all of which may be connected to. Raises `NotSent`."""
    host = str(parts.hostname)
    try:
        found = socket.getaddrinfo(host, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"The host {host} cannot be found: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.WEBHOOKS_TO_PRIVATE_NETWORKS and not all(map(is_public, addresses)):
        raise Forbidden(f"The host {host} is not on the open internet.")
    return addresses


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were looked at: the name is not resolved once more, when it may be another."""

    def __init__(self, parts: SplitResult, addresses: list[str], deadline: float) -> None:
        super().__init__(str(parts.hostname), parts.port or PORTS[parts.scheme])
        self._is_tls, self._addresses, self._deadline = parts.scheme == "https", addresses, deadline
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the first address that lets us."""
        for place, address in enumerate(self._addresses):
            try:
                self.sock = socket.create_connection((address, self.port), self._left())
                break
            except OSError:
                if place == len(self._addresses) - 1:
                    raise
        self._left()
        if self._is_tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End whatever is going on; a receiver that sends a byte now and then would keep us forever."""
        self.was_cut = True
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
