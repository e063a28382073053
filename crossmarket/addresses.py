"""Where a running copy listens: the host and the ports of the environment, and whether they are free."""

import os
import socket
from collections.abc import Iterable


class PortTakenError(Exception):
    """Another program listens where this one would; the message says what to do."""


def host() -> str:
    """The address to listen on: `HOST`, by default only this machine."""
    return os.environ.get("HOST") or "127.0.0.1"


def port() -> int:
    """CrossMarket's own port: `PORT`, by default 8000."""
    return int(os.environ.get("PORT") or 8000)


def local_url(of: int) -> str:
    """The address under which a browser on this machine reaches a port."""
    return f"http://localhost:{of}"


def require_free(ports: Iterable[int]) -> None:
    """Raise `PortTakenError` when a port cannot be listened on."""
    taken = [number for number in ports if not _is_free(number)]
    if not taken:
        return
    names = " and ".join(", ".join(map(str, taken)).rsplit(", ", 1))
    raise PortTakenError(
        f"Port{'s' * (len(taken) > 1)} {names} {'are' if len(taken) > 1 else 'is'} taken by another program. "
        f"Stop it, or take other ports: PORT={port() + 100} make run"
    )


def _is_free(number: int) -> bool:
    family = socket.AF_INET6 if ":" in host() else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host(), number))
            listener.listen()
        except OSError:
            return False
    return True
