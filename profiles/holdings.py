"""What we know of an account, to be given out."""

from collections.abc import Iterator

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from crossmarket.foundation.holdings import Part, Row
from profiles.description import describe
from profiles.erasure import refused_about
from profiles.models import Event, Exposure, RejectedEvent, SegmentMember
from profiles.profiling import subjects
from profiles.profiling.reading import Portrait, portrait_of, portrait_of_subject
from profiles.segmentation.naming import name_of

ROWS_AT_ONCE = 2_000


def parts_of_account(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """Everything the account did and what was concluded; for its platform from this account alone."""
    yield Part("events", _("What you did, the earliest first"), _events(account))
    yield Part(
        "refused_events", _("What the platform sent about you and was not taken, with the reasons"), _refused(account)
    )
    portrait = portrait_of(account) if whole_person else portrait_of_subject(subjects.alone(account))
    if portrait is not None:
        yield Part("profile", _("What was understood from it"), _profile(portrait))
    yield Part("segments", _("The groups you belong to"), _segments(account, whole_person))
    yield Part("experiments", _("The experiments you met, and which arm of them"), _experiments(account))


def _events(account: LinkedAccount) -> Iterator[Row]:
    # No consent is asked here: everything that is held belongs to its person.
    done = Event.objects.filter(account=account).select_related("course").order_by("timestamp", "pk")
    for event in done.iterator(ROWS_AT_ONCE):
        course = event.course
        yield {
            "type": event.type,
            "time": event.timestamp,
            "course": None if course is None else {"item_id": course.item_id, "title": course.title},
            "value": None if event.value is None else float(event.value),
            "context": event.context,
            "message_id": event.message_id,
            "received": event.received_at,
        }


def _refused(account: LinkedAccount) -> Iterator[Row]:
    for found in refused_about(account.platform, account.external_id):
        for row in RejectedEvent.objects.filter(pk__in=found).order_by("pk"):
            yield {"received": row.received_at, "code": row.code, "reason": row.detail, "as_it_came": row.payload}


def _profile(portrait: Portrait) -> Row:
    words = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words[language] = describe(portrait.traits)
    return {"in_words": words, "as_of": portrait.fresh_at, "traits": msgspec.to_builtins(portrait.traits)}


def _segments(account: LinkedAccount, whole_person: bool) -> Iterator[Row]:
    """All that is held, or what is concluded from the account alone: memberships of several come from all of them."""
    belongs = SegmentMember.objects.filter(account=account)
    if not whole_person:
        belongs = belongs.standing().filter(accounts=1, segment__is_active=True)
    for row in belongs.select_related("segment").order_by("segment_id"):
        yield {"segment": row.segment.key, "name": name_of(row.segment), "since": row.entered_at}


def _experiments(account: LinkedAccount) -> Iterator[Row]:
    met = Exposure.objects.filter(account=account).select_related("experiment", "arm").order_by("pk")
    for row in met:
        yield {"experiment": row.experiment.slug, "arm": row.arm.slug, "time": row.exposed_at}
