"""The partner API of what we know: events and items coming in."""

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.batches import MOST_ENTRIES, BatchAnswer, Refusal, read_envelope
from crossmarket.foundation.bodies import MEBIBYTE, read_json
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.schema import ITEM_ID, documented
from profiles.declared_mappings import NoMapping
from profiles.ingest import ingest_events, ingest_items, put_item
from profiles.ingest.event_entry import EventEntry
from profiles.ingest.items import ItemDescription, ItemEntry
from profiles.ingest.raw import ingest_raw_events, ingest_raw_items


class EventBatch(msgspec.Struct, frozen=True):
    """Events, at most 2,000, 1 MiB in all and 32 KiB each."""

    batch: Annotated[list[EventEntry], msgspec.Meta(max_length=MOST_ENTRIES)]


class RawEventBatch(msgspec.Struct, frozen=True):
    """Events in the platform's own shape, whatever it is: at most 2,000, 1 MiB in all and 32 KiB each."""

    batch: Annotated[list[Any], msgspec.Meta(max_length=MOST_ENTRIES)]


class ItemBatch(msgspec.Struct, frozen=True):
    """Items to describe."""

    batch: Annotated[list[ItemEntry], msgspec.Meta(max_length=MOST_ENTRIES)]


class RawItemBatch(msgspec.Struct, frozen=True):
    """Items in the platform's own shape, whatever it is: at most 2,000, 1 MiB in all and 32 KiB each."""

    batch: Annotated[list[Any], msgspec.Meta(max_length=MOST_ENTRIES)]


class DescribedItem(msgspec.Struct, frozen=True):
    """An item that was described."""

    item_id: str
    created: bool


class Events(PartnerView):
    """`/events`."""

    browsers_may_call = True

    @documented("Send events", body=EventBatch, answers={202: BatchAnswer}, tag="events")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the good events of a batch, each message once forever; the next recommendation knows them."""
        if not self.caller.is_server and self.caller.user_id is None:
            raise Problem(403, "user_token_required", "A browser sends events for the person of its X-User-Token.")
        only_user = None if self.caller.is_server else self.caller.user_id
        return answer(ingest_events(self.caller.platform, read_envelope(request), only_user), 202)


class RawEvents(PartnerView):
    """`/events/raw`."""

    @documented("Send raw events", body=RawEventBatch, answers={202: BatchAnswer}, tag="events")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Take events in the platform's own shape, by the mapping that it declared; then as `/events` does."""
        try:
            return answer(ingest_raw_events(self.caller.platform, read_envelope(request)), 202)
        except NoMapping as error:
            raise Problem(422, "no_mapping", str(error)) from None


class Items(PartnerView):
    """`/items`."""

    @documented("Describe items", body=ItemBatch, answers={202: BatchAnswer}, tag="items")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Describe the good items of a batch; each description replaces the one before."""
        return answer(ingest_items(self.caller.platform, read_envelope(request)), 202)


class Item(PartnerView):
    """`/items/{item_id}`."""

    @documented(
        "Describe an item",
        body=ItemDescription,
        answers={200: DescribedItem, 201: DescribedItem},
        parameters=[ITEM_ID],
        tag="items",
    )
    def put(self, request: HttpRequest, item_id: str) -> HttpResponse:
        """Describe one item; the description replaces the one before."""
        if len(item_id) > 200 or "\0" in item_id:
            raise Problem(422, "invalid_item_id", "An item id has 1 to 200 characters, and not U+0000.")
        description = read_json(request, ItemDescription, limit=MEBIBYTE)
        try:
            created = put_item(self.caller.platform, item_id, description)
        except Refusal as refusal:
            raise Problem(422, refusal.code, str(refusal)) from None
        return answer(DescribedItem(item_id, created), 201 if created else 200)


class RawItems(Item):
    """`/items/raw`; to `PUT` it is the address of the item with the id `raw`, like that of any other."""

    @documented("Describe raw items", body=RawItemBatch, answers={202: BatchAnswer}, tag="items")
    def post(self, request: HttpRequest, item_id: str) -> HttpResponse:
        """Describe items in the platform's own shape, by the mapping that it declared; then as `/items` does."""
        try:
            return answer(ingest_raw_items(self.caller.platform, read_envelope(request)), 202)
        except NoMapping as error:
            raise Problem(422, "no_mapping", str(error)) from None

    @extend_schema(exclude=True)
    def put(self, request: HttpRequest, item_id: str) -> HttpResponse:
        """Describe the item whose id is `raw`."""
        return super().put(request, item_id)
