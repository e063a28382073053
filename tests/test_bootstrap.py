"""The environment is made once, and made anew when what the project needs has changed."""

import sys
from pathlib import Path

import pytest

import bootstrap


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project whose environment is this Python, and whose installs are written into a list."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "small"\ndependencies = ["one"]\n[project.optional-dependencies]\ntest = ["two"]\n'
    )
    (tmp_path / "constraints.txt").write_text("one==1\ntwo==2\n")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(bootstrap, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "environment_python", lambda: sys.executable)
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was asked to be installed, in order."""
    asked: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "install", lambda names: asked.append(list(names)))
    return asked


def test_a_second_run_installs_nothing(project: Path, installed: list[list[str]]) -> None:
    bootstrap.main([])
    bootstrap.main([])
    assert installed == [["one"]]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_project_is_installed_again(project: Path, installed: list[list[str]], name: str) -> None:
    bootstrap.main([])
    with (project / name).open("a") as file:
        file.write("# changed\n")
    bootstrap.main([])
    assert installed == [["one"], ["one"]]


def test_packages_for_tests_come_on_top_and_serve_for_running_too(project: Path, installed: list[list[str]]) -> None:
    bootstrap.main([])
    bootstrap.main(["--extra", "test"])
    bootstrap.main(["--extra", "test"])
    bootstrap.main([])
    assert installed == [["one"], ["one", "two"]]


def test_a_failed_install_shows_what_pip_said_and_is_tried_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "constraints.txt").write_text("this is no constraint\n")
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"(?s)constraint.*pip could not install"):
            bootstrap.main([])


def test_an_environment_with_a_python_that_does_not_fit_is_not_used(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bootstrap.environment_works()
    monkeypatch.setattr(bootstrap, "environment_python", lambda: str(project / "gone"))
    assert not bootstrap.environment_works()


def test_a_python_that_is_too_old_is_refused_by_name(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "environment_works", lambda: False)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 to 3.13"):
        bootstrap.main([])


def test_every_dependency_is_pinned() -> None:
    pins = {line.partition("==")[0].lower().replace("_", "-") for line in bootstrap.CONSTRAINTS.read_text().split("\n")}
    wanted = {name.partition("[")[0].partition(">")[0].partition("=")[0] for name in bootstrap.requirements(["test"])}
    assert wanted <= pins
