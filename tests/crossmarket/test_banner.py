"""The banner tells where to go, who to be and what to try."""

import io

import pytest
from rich.console import Console

from crossmarket import banner
from crossmarket.demo.notes import DemoLogin, DemoNotes, PlatformKeys

SITE = PlatformKeys("xuehai", "学海", "sk", "pk", "secret", "http://localhost:8101")
DEMO = DemoNotes(8100, [DemoLogin("admin", "admin@example.org", "open-sesame")], [SITE], [])


def shown(demo: DemoNotes | None) -> str:
    output = io.StringIO()
    banner.show(Console(file=output, width=120), demo)
    return output.getvalue()


def test_it_tells_addresses_and_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8100")
    text = shown(DEMO)
    for expected in (
        "http://localhost:8100/admin/",
        "学海",
        "http://localhost:8101",
        "admin@example.org",
        "open-sesame",
    ):
        assert expected in text


def test_without_demo_data_it_tells_how_to_begin() -> None:
    text = shown(None)
    assert "create_platform" in text
    assert "Password" not in text
