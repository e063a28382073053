"""Translations are compiled when their source changed, and only then."""

import gettext
import os
from pathlib import Path

import pytest

from crossmarket.translations import compile_stale

SOURCE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Course"
msgstr "课程"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    path = folder / "django.po"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_a_new_translation_is_compiled_and_read_by_gettext(source: Path, tmp_path: Path) -> None:
    assert compile_stale(tmp_path) == [source]
    assert gettext.translation("django", tmp_path, ["zh_Hans"]).gettext("Course") == "课程"


def test_an_unchanged_translation_is_left_alone(source: Path, tmp_path: Path) -> None:
    compile_stale(tmp_path)
    assert compile_stale(tmp_path) == []


def test_a_changed_translation_is_compiled_again(source: Path, tmp_path: Path) -> None:
    compile_stale(tmp_path)
    later = source.stat().st_mtime + 10
    os.utime(source, (later, later))
    assert compile_stale(tmp_path) == [source]
