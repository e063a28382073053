"""A real browser: pages of the size of a desk and of a phone, looking at the live server."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

NewPage = Callable[..., Page]


def chromium_program(playwright: Playwright) -> str | None:
    """The browser of the machine, else the one Playwright has fetched, else None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole run; tests are skipped where there is none."""
    with sync_playwright() as playwright:
        program = chromium_program(playwright)
        if program is None:
            pytest.skip("no Chromium on this machine: install the package `chromium`")
        # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser, live_server: LiveServer) -> Iterator[NewPage]:
    """Make pages, each in its own context (cookies, size, `locale`); an error in a page's script fails the test."""
    errors: list[str] = []
    with ExitStack() as opened:

        def make(**options: Any) -> Page:
            context = browser.new_context(**({"base_url": live_server.url, "locale": "zh-CN"} | DESK | options))
            opened.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            return page

        yield make
    assert not errors, f"errors in the page's scripts: {errors}"


@pytest.fixture
def browser_page(new_page: NewPage) -> Page:
    """A page of the size of a desk."""
    return new_page()


@pytest.fixture
def phone_page(new_page: NewPage) -> Page:
    """A page of the size of a phone, with touch."""
    return new_page(**PHONE)
