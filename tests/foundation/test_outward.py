"""Posting to addresses that others chose: nothing inside is reached, nobody keeps us waiting or fills our memory."""

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossmarket.foundation import outward
from tests.receiver import Receiver

PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8",
                    "100.64.0.0/10", "224.0.0.0/4")
]  # fmt: skip
private_addresses = st.sampled_from(PRIVATE).flatmap(lambda network: st.ip_addresses(network=network))


class TestAddresses:
    """Where may be posted to."""

    @given(private_addresses)
    def test_no_address_of_an_inner_network_is_public_in_whatever_disguise(self, inner: ipaddress.IPv4Address) -> None:
        number = int(inner)
        disguises = [
            ipaddress.IPv6Address((0xFFFF << 32) + number),
            ipaddress.IPv6Address((0x64FF9B << 96) + number),
            ipaddress.IPv6Address((0x2002 << 112) + (number << 80)),
        ]
        assert not outward.is_public(str(inner))
        assert not any(outward.is_public(str(each)) for each in disguises)

    @pytest.mark.parametrize("address", ["::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"])
    def test_nor_is_one_of_the_sixth_version(self, address: str) -> None:
        assert not outward.is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
    def test_others_are(self, address: str) -> None:
        assert outward.is_public(address)

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/", "https://localhost/hooks", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/", "https://2130706433/", "https://0x7f.1/", "https://0/",
        ],
    )  # fmt: skip
    def test_a_host_inside_is_not_connected_to(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
        with pytest.raises(outward.NotSent):
            outward.post(url, b"{}", {})

    def test_a_host_with_one_address_inside_is_refused_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(outward.Forbidden, match="open internet"):
            outward.post("https://shop.example/", b"{}", {})

    @pytest.mark.parametrize(
        "url",
        [
            "http://shop.example/", "ftp://shop.example/", "https:///hooks", "https://shop.example:99999/", "shop",
            "https://ann:secret@shop.example/", "https://shop.example/a b", "https://shop.example/\r\nX: y", "https://[::1",
            "https://例.example/", "file:///etc/passwd", "", "https://shop.example:0/",
        ],
    )  # fmt: skip
    def test_what_is_no_address_for_this_is_refused_with_words(self, url: str) -> None:
        with pytest.raises(outward.Forbidden, match=r"\w+ .+\."):
            outward.check_address(url)

    def test_a_name_is_looked_up_once_so_that_it_cannot_stand_for_another_address_later(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        real = socket.getaddrinfo

        def noted(host: Any, port: Any, *_: Any, **__: Any) -> Any:
            asked.append(host)
            return real(host, port, socket.AF_INET, socket.SOCK_STREAM)

        monkeypatch.setattr(socket, "getaddrinfo", noted)
        outward.post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {})
        assert asked.count("localhost") == 1


class TestPosting:
    """What comes back."""

    def test_the_receiver_gets_body_and_headers_and_its_answer_comes_back(self, receiver: Receiver) -> None:
        reply = outward.post(receiver.url + "?a=1#b", b'{"a": 1}', {"webhook-id": "m1"})
        assert reply == outward.Reply(200, "thanks")
        (request,) = receiver.received
        assert (request.body, request.id) == (b'{"a": 1}', "m1")
        assert request.headers["host"] == receiver.url.split("/")[2]

    @pytest.mark.parametrize("status", [204, 301, 307, 404, 500])
    def test_every_status_is_an_answer_and_redirects_are_not_followed(self, receiver: Receiver, status: int) -> None:
        receiver.answer, receiver.headers = status, {"Location": receiver.url}
        assert outward.post(receiver.url, b"{}", {}).status == status
        assert len(receiver.received) == 1

    def test_of_a_long_answer_only_the_beginning_is_read(self, receiver: Receiver) -> None:
        receiver.words = b"\xff\x00x" * 1_000_000
        beginning = outward.post(receiver.url, b"{}", {}).beginning
        assert len(beginning) == outward.READ_AT_MOST
        assert "\0" not in beginning

    @pytest.mark.parametrize(
        "raw", [b"", b"\x16\x03\x01 nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 2", b"\r\n" * 50]
    )
    def test_nonsense_is_no_answer(self, receiver: Receiver, raw: bytes) -> None:
        receiver.raw = raw
        with pytest.raises(outward.NotSent):
            outward.post(receiver.url, b"{}", {})

    def test_nobody_listening_is_told(self, settings: Any) -> None:
        settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            with pytest.raises(outward.NotSent, match="refused"):
                outward.post(url, b"{}", {})

    def test_a_receiver_that_does_not_answer_is_left(self, receiver: Receiver) -> None:
        receiver.pause.clear()
        with pytest.raises(outward.NotSent, match="within"):
            outward.post(receiver.url, b"{}", {}, seconds=0.2)

    def test_so_is_one_that_sends_a_little_now_and_then_without_end(self, settings: Any) -> None:
        settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
        with endless_sender() as port, pytest.raises(outward.NotSent, match="within"):
            outward.post(f"http://127.0.0.1:{port}/", b"{}", {}, seconds=0.5)


class endless_sender:  # noqa: N801 - reads as a context manager
    """A server that answers with one header after another, slowly."""

    def __enter__(self) -> int:
        import threading

        self.listener = socket.create_server(("127.0.0.1", 0))
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self.listener.getsockname()[1]

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.ended.wait(0.05):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.listener.close()
        self.thread.join()
