"""The widget's script is small, whole, and may be used by any site."""

import gzip
import re

from django.test import Client

from recommend.widget import script

ADDRESS = "/widget/v1.js"


def test_it_is_less_than_ten_kilobytes_on_the_wire() -> None:
    assert len(script().compressed) < 10_000


def test_compressed_and_plain_are_the_same(client: Client) -> None:
    compressed = client.get(ADDRESS, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(ADDRESS)
    assert compressed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert gzip.decompress(compressed.content) == plain.content
    assert "Accept-Encoding" in plain["Vary"]


def test_any_site_may_load_and_keep_it(client: Client) -> None:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies


def test_who_has_it_gets_nothing_again(client: Client) -> None:
    etag = client.get(ADDRESS)["ETag"]
    again = client.get(ADDRESS, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag
    assert client.get(ADDRESS, headers={"If-None-Match": '"older"'}).status_code == 200


def test_it_can_only_be_read(client: Client) -> None:
    assert client.head(ADDRESS).status_code == 200
    assert client.post(ADDRESS).status_code == 405


def test_it_needs_nothing_that_a_strict_content_security_policy_forbids() -> None:
    code = script().plain.decode()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|\.style\b|import\(", code)
    assert "http://" not in code
    assert "https://" not in re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
