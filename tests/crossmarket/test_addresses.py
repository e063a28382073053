"""Ports come from the environment, and a taken one is told before anything starts."""

import socket

import pytest

from crossmarket import addresses


def test_ports_that_are_free_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
    addresses.require_free([number])


def test_a_taken_port_is_named_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
        with pytest.raises(addresses.PortTakenError, match=rf"Port {number} is taken.*PORT=8100 make run"):
            addresses.require_free([number])
