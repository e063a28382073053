"""`manage.py create_platform`: a platform ready to call, for scripts and for hands."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Platform
from accounts.models.platform import validate_origin
from tests.partner import Partner

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_platform", *arguments, stdout=out)
    return out.getvalue()


def test_what_a_script_needs_is_one_json_object() -> None:
    origins = ["https://shop.example", "http://localhost:8001"]
    told = json.loads(create("shop", "--origin", origins[0], "--origin", origins[1], "--json"))
    assert told.keys() == {"slug", "sk", "pk", "signing_secret"}
    platform = Platform.objects.get(slug="shop")
    assert (platform.name, platform.origins, platform.signing_secret) == ("shop", origins, told["signing_secret"])
    partner = Partner(platform, told["sk"], told["pk"])
    assert partner.get("/recommendations").status_code == 200
    assert partner.browse("GET", "/recommendations", user_id="u1", Origin=origins[1]).status_code == 200


def test_for_people_it_says_that_keys_are_shown_once() -> None:
    assert "not shown again" in create("shop", "--name", "课程商店")
    assert Platform.objects.get().name == "课程商店"


def test_a_slug_that_is_taken_is_told() -> None:
    create("shop")
    with pytest.raises(CommandError, match="shop already"):
        create("shop")
    assert Platform.objects.count() == 1


@pytest.mark.parametrize("slug", ["", "a b", "课程", "x" * 51])
def test_a_bad_slug_is_told(slug: str) -> None:
    with pytest.raises(CommandError):
        create(slug)
    assert not Platform.objects.exists()


@pytest.mark.parametrize(
    "origin",
    [
        "shop.example", "ftp://shop.example", "https://", "https://shop.example/", "https://shop.example/path",
        "https://shop.example?x", "https://me@shop.example", "https://[", "https://shop.example:x", "*", "null",
        "https://SHOP.example", "https://shop.example:443", "http://shop.example:80",
    ],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_told(origin: str) -> None:
    with pytest.raises(CommandError, match="https://shop"):
        create("shop", "--origin", origin)
    assert not Platform.objects.exists()


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "http://127.0.0.1:8001", "https://[::1]:8443", "https://xn--fiq228c.example"]
)
def test_origins_that_browsers_send_are_fine(origin: str) -> None:
    validate_origin(origin)
