"""Mappings that ship: two shapes to start from, and the one of files whose columns have our own names."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """A mapping to start from, with an event and an item as the platform would send them; all as texts of JSON."""

    name: str
    document: str
    event: str
    item: str


def _example(name: str) -> Example:
    folder = FOLDER / name
    return Example(name, *((folder / f"{part}.json").read_text("utf-8") for part in ("mapping", "event", "item")))


def _own(*names: str) -> dict[str, Any]:
    return {name: name for name in names}


EXAMPLES = {name: _example(name) for name in ("course_site", "audio_app")}
"""A course site that counts in yuan and percent by the clock of Shanghai, and an audio app with epoch milliseconds."""

_OWN_EVENT: dict[str, Any] = {
    **_own("type", "user_id", "item_id", "value", "context"),
    "timestamp": {"from": "timestamp", "time": "local"},
}
_OWN_ITEM: dict[str, Any] = {
    **_own("item_id", "title", "kind", "category", "tags", "price", "currency", "url", "cover_url"),
    **_own("preview_url", "teacher", "difficulty", "language", "text", "available"),
    "published_at": {"from": "published_at", "time": "local"},
}
OWN_NAMES_WITHOUT_ID = json.dumps({"format": 1, "event": _OWN_EVENT, "item": _OWN_ITEM})
OWN_NAMES = json.dumps({"format": 1, "event": _OWN_EVENT | _own("message_id"), "item": _OWN_ITEM})
"""For files whose columns have our names; times without an offset are local ones of the platform."""
