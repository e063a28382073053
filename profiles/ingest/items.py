"""Items coming in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from django.db import transaction

from accounts.models import Platform
from crossmarket.foundation import generations
from crossmarket.foundation.batches import BatchAnswer, Parsed, Refusal, parse, told
from crossmarket.foundation.bodies import Identifier
from profiles.ingest.event_entry import MOST_MONEY
from profiles.models import Course, CourseKind
from profiles.segmentation.courses import rebuild_on_commit

SAFE_ADDRESS = ("http://", "https://", "/")


class ItemDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue item as a platform describes it; what is left out is empty. Price in minor units of the currency."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    kind: CourseKind = CourseKind.COURSE
    category: Annotated[str, msgspec.Meta(max_length=200)] = ""
    tags: Annotated[list[Annotated[str, msgspec.Meta(max_length=100)]], msgspec.Meta(max_length=50)] = []
    price: Annotated[int, msgspec.Meta(ge=0, le=MOST_MONEY)] | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "CNY"
    url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    cover_url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    preview_url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    teacher: Annotated[str, msgspec.Meta(max_length=200)] = ""
    difficulty: Annotated[str, msgspec.Meta(max_length=50)] = ""
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""
    text: str = ""
    published_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    available: bool = True


class ItemEntry(ItemDescription, frozen=True, kw_only=True):
    """One item of `POST /items`."""

    item_id: Identifier


FIELDS = msgspec.structs.fields(ItemDescription)


def check(item: ItemDescription) -> None:
    """Raise `Refusal` for an address that a page could not safely link to, or a time out of range."""
    for name, address in (("url", item.url), ("cover_url", item.cover_url), ("preview_url", item.preview_url)):
        if address and not address.startswith(SAFE_ADDRESS):
            raise Refusal("invalid_url", f"{name}: an address begins with https://, http:// or /.")
    if item.published_at is not None and not 1 < item.published_at.year < 9999:
        raise Refusal("timestamp_out_of_range", f"published_at: {item.published_at.isoformat()} is no plausible time.")


@transaction.atomic
def put_item(platform: Platform, item_id: str, description: ItemDescription) -> bool:
    """Describe one item anew; returns whether it is new (an item only known from events is). Raises `Refusal`."""
    check(description)
    is_new = not Course.objects.filter(platform=platform, item_id=item_id).exclude(title="").exists()
    _upsert(platform, {item_id: description})
    return is_new


@transaction.atomic
def ingest_items(platform: Platform, payloads: Sequence[bytes]) -> BatchAnswer:
    """Describe the good items of a batch; the last description of an item counts, earlier ones are duplicates."""
    parsed = parse_items(payloads)
    described = store_items(platform, parsed.entries)
    return BatchAnswer(described, len(parsed.entries) - described, [told(each) for each in parsed.rejected])


def parse_items(payloads: Sequence[bytes]) -> Parsed[ItemEntry]:
    """Items as they came, decoded and checked, the good and the bad apart."""
    return parse(payloads, ItemEntry, check)


def store_items(platform: Platform, entries: Sequence[ItemEntry]) -> int:
    """Describe checked items, each as its last entry does, and return how many there are."""
    latest = {entry.item_id: entry for entry in entries}
    _upsert(platform, latest)
    return len(latest)


@transaction.atomic
def ensure_courses(platform: Platform, item_ids: Collection[str]) -> dict[str, int]:
    """The keys of the courses with these ids; those not known yet are made, to be described later."""
    found = _keys(platform, item_ids)
    missing = sorted(set(item_ids) - found.keys())
    if not missing:
        return found
    Course.objects.bulk_create(
        [Course(platform=platform, item_id=item_id) for item_id in missing], ignore_conflicts=True
    )
    return {**found, **_keys(platform, missing)}


def _upsert(platform: Platform, items: Mapping[str, ItemDescription]) -> None:
    names = [field.name for field in FIELDS]
    courses = [
        Course(
            platform=platform,
            item_id=item_id,
            tags_text=" ".join(item.tags),
            published_at=item.published_at and item.published_at.astimezone(UTC),
            **{name: getattr(item, name) for name in names if name != "published_at"},
        )
        for item_id, item in sorted(items.items())
    ]
    if _are_others(platform, items):
        rebuild_on_commit()
    Course.objects.bulk_create(
        courses,
        update_conflicts=True,
        unique_fields=["platform", "item_id"],
        update_fields=[*names, "tags_text", "updated_at"],
    )
    if courses:
        generations.renew_on_commit(generations.CATALOGUE)


def _are_others(platform: Platform, items: Mapping[str, ItemDescription]) -> bool:
    """Whether courses that are known get another category or kind."""
    known = Course.objects.filter(platform=platform, item_id__in=list(items))
    return any(
        (items[item_id].category, items[item_id].kind) != (category, kind)
        for item_id, category, kind in known.values_list("item_id", "category", "kind")
    )


def _keys(platform: Platform, item_ids: Collection[str]) -> dict[str, int]:
    rows = Course.objects.filter(platform=platform, item_id__in=list(item_ids))
    return dict(rows.values_list("item_id", "pk"))
