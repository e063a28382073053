"""What the README promises at the first steps is so."""

import re

from django.urls import resolve

from crossmarket.demo import courses, logins, people
from crossmarket.demo.addresses import SITES, Addresses
from tests.docs.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEFAULT_PORT = 8000


def test_the_addresses_of_the_tour_are_those_of_a_running_demo() -> None:
    addresses = set(re.findall(r"<(http://localhost:[^>]+)>", README))
    sites = {Addresses(DEFAULT_PORT).site(slug) for slug in SITES}
    assert sites < addresses
    for address in addresses - sites:
        path = re.fullmatch(rf"http://localhost:{DEFAULT_PORT}(/.*)?", address)
        assert path, address
        assert resolve(path[1] or "/")


def test_the_logins_and_people_of_the_tour_are_those_of_the_demo() -> None:
    source = (ROOT / "crossmarket" / "demo" / "logins.py").read_text(encoding="utf-8")
    assert f"`{logins.PASSWORD}`" in README
    for name in re.findall(r"`(\w+)@crossmarket\.example`", README):
        assert f'"{name}@crossmarket.example"' in source, name
    for name in [*people.LEADING.values(), *(each.name for each in courses.PLATFORMS if each.slug in SITES)]:
        assert name in README, name


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        named = set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert {one or other for one, other in named} - {"itself"} <= targets, page.name


def test_the_snippet_is_the_one_of_the_script_itself() -> None:
    (snippet,) = re.findall(r"^<script async .*</script>$", README, re.MULTILINE)
    header = (ROOT / "recommend" / "widget" / "source" / "header.js").read_text(encoding="utf-8")
    assert snippet in header
