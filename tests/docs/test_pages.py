"""The pages lead where they say, name what exists, and are about this project alone."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, without_fences

LINK = re.compile(r"!?\[(?:[^\]]|\n)*?\]\(([^)\s]+)\)")
PATH_LIKE = re.compile(r"^[\w.-]+(?:/[\w.*-]+)+/?$|^[\w-]+\.(?:py|md|toml|txt)$")
MADE_BY_RUNNING = ("var/", ".venv/", "media/", "models/", "demo-sites/", "postgres/", "redis/")
KINDS_OF_FILES = {"models.py", "services.py", "api.py", "views.py", "admin.py", "tasks.py", "utils.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(without_fences(page)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        leads_to = (page.parent / name) if name else page
        assert leads_to.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in _anchors(leads_to), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    for name in re.findall(r"`([^`\n]+)`", without_fences(page)):
        is_ours = PATH_LIKE.match(name) and name not in KINDS_OF_FILES and not name.startswith(MADE_BY_RUNNING)
        if is_ours and "<" not in name and "NAME" not in name:
            assert (ROOT / name).exists() or (ROOT / "docs" / name).exists() or _is_no_file(name), (
                f"{page.name}: {name}"
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pictures_are_told_in_words_and_light(page: Path) -> None:
    for words, name in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert len(words) > 20, f"{page.name}: {name} needs words for those who do not see it"
        assert (page.parent / name).stat().st_size < 300_000


def test_the_names_in_the_architecture_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    pairs = re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", text)
    assert len(pairs) > 15
    for file, names in pairs:
        source = (ROOT / file).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", source, re.MULTILINE), f"{file}: {name}"


def test_the_layer_rule_is_told_as_it_is_proved() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = re.findall(r'^\[\[tool\.importlinter\.contracts\]\]\nname = "(.+)"', project, re.MULTILINE)
    assert contracts
    assert [name for name in contracts if f"*{name}*" not in text] == []
    layers = re.search(r"^layers = \[(.+)\]", project, re.MULTILINE)
    assert layers
    assert " > ".join(f"`{name}`" for name in re.findall(r'"([\w.]+)"', layers[1])) in text


def _anchors(page: Path) -> set[str]:
    """The anchors that code hosts give to headings."""
    headings = re.findall(r"^#+ (.+)$", without_fences(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _is_no_file(name: str) -> bool:
    """Media types and time zones look like paths too."""
    return name.startswith(("application/", "Asia/", "text/"))
