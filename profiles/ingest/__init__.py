"""Data coming in: what a platform sends is parsed, checked, and stored in bulk."""

from profiles.ingest.events import ingest_events
from profiles.ingest.items import ingest_items, put_item

__all__ = ["ingest_events", "ingest_items", "put_item"]
