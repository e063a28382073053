"""Everything that people read is translated: whole, certain, and with the same blanks to fill in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

FOLDERS = ("accounts", "campaigns", "crossmarket", "profiles", "promotions", "recommend", "templates")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
}
BLANKS = re.compile(r"%\(\w+\)(?:\.\d+)?[sdf]")
IN_TEMPLATES = re.compile(r"""\b(?:_|gettext|ngettext)\(\s*u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def in_code(path: Path) -> Iterator[str]:
    """The (singular) texts that a Python file asks for."""
    with path.open("rb") as file:
        for _line, text, _comments, _context in extract("python", file, KEYWORDS):
            yield text[0] if isinstance(text, tuple) else text


def in_template(path: Path) -> Iterator[str]:
    """The (singular) texts that a template asks for."""
    for literal in IN_TEMPLATES.findall(templatize(path.read_text(), origin=str(path))):
        yield ast.literal_eval(literal)


def used() -> set[str]:
    """All texts that the code and the templates ask for."""
    texts: set[str] = set()
    for path in (path for folder in FOLDERS for path in (settings.BASE_DIR / folder).rglob("*")):
        if path.suffix == ".py":
            texts.update(in_code(path))
        elif path.suffix in (".html", ".txt"):
            texts.update(in_template(path))
    return texts - {""}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    path: Path = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


def test_every_text_has_a_translation_and_every_translation_a_text(catalogue: Catalog) -> None:
    kept, asked_for = {singular(message) for message in catalogue if message.id}, used()
    assert not asked_for - kept, "missing in locale/zh_Hans: run makemessages and translate"
    assert not kept - asked_for, "no longer used: run makemessages --no-obsolete"


def test_translations_are_whole_and_certain(catalogue: Catalog) -> None:
    strings = {message.id: message.string for message in catalogue if message.id}
    empty = [text for text, string in strings.items() if not (all(string) if isinstance(string, tuple) else string)]
    assert not empty
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


def test_translations_fill_in_the_same_blanks(catalogue: Catalog) -> None:
    for message in catalogue:
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        blanks = set(BLANKS.findall(texts[-1]))
        assert all(set(BLANKS.findall(string)) == blanks for string in strings), message.id


def test_both_languages_are_spoken() -> None:
    for language, word in (("zh-hans", "课程"), ("en", "Courses")):
        with override(language):
            assert gettext("Courses") == word
