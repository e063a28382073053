"""The table of settings says what the code reads from the environment, and with which defaults."""

import ast
import re
from pathlib import Path

from tests.docs.pages import ROOT, table_rows

GUIDE = ROOT / "docs" / "operating.md"
ROOMS = ("crossmarket", "accounts", "profiles", "recommend", "promotions", "campaigns")
READS = re.compile(r"""(?:\benv(?:\.\w+)?\(|os\.environ(?:\.get)?[(\[])\s*"([A-Z][A-Z_]+)\"""")
OF_CHILDREN = {"CROSSMARKET_SUPERVISED", "DJANGO_SETTINGS_MODULE", "WORLD_SIZE", "RANK", "LOCAL_RANK"}
"""What our processes tell each other."""
OF_TORCHRUN = {"RANK", "LOCAL_RANK", "WORLD_SIZE"}
"""What torchrun tells the processes of one training."""


def test_every_setting_that_is_read_stands_in_the_guide_and_none_else() -> None:
    read = {name for file in _sources() for name in READS.findall(file.read_text(encoding="utf-8"))}
    assert read - OF_CHILDREN - OF_TORCHRUN == set(_described())


def test_defaults_are_those_of_the_settings_file() -> None:
    described = _described()
    compared = 0
    for name, default in _defaults_in_settings().items():
        if default in ("", [], {}):
            continue
        shown = {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        shown = ",".join(shown) if isinstance(shown, list) else str(shown)
        assert f"`{shown}`" in described[name], name
        compared += 1
    assert compared > 8


def _described() -> dict[str, str]:
    """Setting -> what the guide says of its default."""
    return {row[0].strip("`"): row[1] for row in table_rows(GUIDE, "Settings")}


def _sources() -> list[Path]:
    return [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]


def _defaults_in_settings() -> dict[str, object]:
    """The defaults that the settings file gives as plain values."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse((ROOT / "crossmarket" / "settings.py").read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        for keyword in node.keywords:
            if keyword.arg == "default":
                try:
                    found[str(node.args[0].value)] = ast.literal_eval(keyword.value)
                except ValueError:
                    continue
    return {name: default for name, default in found.items() if name.isupper() and not isinstance(default, dict)}
