"""Whoever reads events asks for consent: `Event.objects.consented(…)`; the few who need not say why."""

import pytest

from tests.docs.pages import ROOT
from tests.event_reads import Read, reads_around_consent, reads_in

ROOMS = ("accounts", "profiles", "recommend", "promotions", "campaigns", "crossmarket")

NEED_NOT_ASK = {
    "profiles/erasure.py:erase_some_events": "removes the events of somebody who is erased",
    "profiles/erasure.py:much_to_look_through": "looks whether there is much to remove or to give out",
    "profiles/holdings.py:_events": "gives out what is held about somebody, for them to see",
    "profiles/event_store.py:": "stores events and reads none of them",
    "profiles/cleaning/": "judges all events before anybody uses one, and counts them by platform and day, of nobody",
    "profiles/live_history.py:_latest_events": "is told whose events by accounts.sharing, which asks for consent",
    "profiles/admin/events.py:EventAdmin": "shows operators what a platform sent, whatever it may be used for",
    "profiles/admin/timeline.py:timeline": "shows operators what a platform sent, whatever it may be used for",
    "profiles/opinions.py:comments_on": "shows what people wrote for others to read",
    "profiles/opinions.py:_current_ratings": "counts the stars that people gave for others to see",
    "profiles/opinions.py:_said_last": "looks whether the same comment was sent twice by the one who sends it",
    "profiles/segmentation/compiling.py:_events": "is joined with nobody but members, who agree to profiling now",
    "promotions/checkout.py:_has_bought": "looks whether the seller has sold to this account, as the seller knows",
    "promotions/reach.py:_accounts": "counts who has not bought from a seller yet, as the seller knows, of nobody",
    "crossmarket/demo/": "makes up what people did who do not exist",
    "crossmarket/dashboard.py:": "counts how many events there are, of nobody",
    "crossmarket/dashboard.py:_count_until": "counts how many events there are, of nobody",
    "crossmarket/preparation.py:needs_first_model": "asks whether there is any event at all",
}
"""Place of a read (file:function, or folder/) -> why it asks for no consent. `benchmarks/` are about no real people."""

ADVICE = """
  Events may be used for what people agreed to, and no further: begin with `Event.objects.consented(Purpose.…)` and
  put the rest behind it, in the same expression. From a relation: `course.events.consented(Purpose.…)`. In SQL, let the
  ORM write the part that reads events. For what is shown of a person now, `profiles.live_history.of` and
  `accounts.sharing` ask already. Only what is no use of anybody's events (storing, erasing, an export for the person,
  an operator's list) stands in NEED_NOT_ASK of this file, with its reason.
"""


@pytest.fixture(scope="module")
def reads() -> list[Read]:
    return [read for room in ROOMS for read in reads_in(ROOT / room, ROOT)]


def stands_for(place: str, read: Read) -> bool:
    return read.file.startswith(place) if place.endswith("/") else read.name == place


def test_nobody_reads_events_around_consent(reads: list[Read]) -> None:
    around = [str(read) for read in reads if not any(stands_for(place, read) for place in NEED_NOT_ASK)]
    assert not around, "\n  ".join(["Events are read without asking for consent:", *around]) + f"\n{ADVICE}"


def test_who_need_not_ask_still_reads_events(reads: list[Read]) -> None:
    gone = [place for place in NEED_NOT_ASK if not any(stands_for(place, read) for read in reads)]
    assert not gone, f"These read no events any more; take them out of NEED_NOT_ASK: {', '.join(gone)}"


FOUND = [
    "from profiles.models import Event\nEvent.objects.filter(account=1)",
    "from profiles.models import Event as Did\nDid.objects.count()",
    "from profiles.models.event import Event\nfound = Event._default_manager.all()",
    "from profiles import models\nmodels.Event.objects.all()",
    "import profiles.models.event\nprofiles.models.event.Event.objects.all()",
    "from profiles.models import Event\nget_object_or_404(Event, pk=1)",
    "from profiles.models import Event\nclass All(ListView):\n    model = Event",
    "from profiles.models import Event\nevents = Event.objects\nevents.consented('profiling')",
    "from profiles.models import Event\n(Event.objects.all() | others.consented('profiling'))",
    "from profiles.models import Event\ndef later():\n    return sql(f'SELECT 1 FROM {Event._meta.db_table}')",
    "from profiles.models import Event\nclass Purchase(Event):\n    pass",
    "account.events.all()",
    "course.events.of_type('view').count()",
    "LinkedAccount.objects.filter(events__type='view')",
    "Course.objects.annotate(n=Count('events'))",
    "Person.objects.values_list('accounts__events__type')",
    "Person.objects.filter(Q(accounts__events__isnull=False))",
    "LinkedAccount.objects.prefetch_related('events')",
    "EventFlag.objects.filter(event__account=1)",
    "cursor.execute('SELECT count(*) FROM profiles_event')",
    "SQL = f'SELECT 1 FROM {other} JOIN profiles_event e USING (x)'",
    "apps.get_model('profiles', 'Event').objects.all()",
]
NOT_FOUND = [
    "from profiles.models import Event\nEvent.objects.consented('profiling').filter(account=1)",
    "from profiles.models import Event\nEvent.objects.filter(account=1).consented('profiling')",
    "from profiles.models import Event\nEvent.objects.bulk_create([Event(type='view')])",
    "from profiles.models import Event\nmade: Event = cast('Event', 1)\ndef of(event: Event) -> list[Event]: ...",
    "from profiles.models import Event\nflagged = models.OneToOneField(Event, models.CASCADE)",
    "from asyncio import Event\nEvent().wait()",
    "course.events.consented('profiling').count()",
    "world.events.account[0]",
    "features(events=numbers)",
    "QualityDay.objects.aggregate(Sum('events'))",
    "'''Reads nothing of profiles_event.'''",
    "reverse('admin:profiles_event_timeline')",
]


@pytest.mark.parametrize("source", FOUND)
def test_a_read_around_consent_is_found(source: str) -> None:
    assert reads_around_consent(source, "room/module.py")


@pytest.mark.parametrize("source", NOT_FOUND)
def test_what_asks_or_reads_nothing_is_left_alone(source: str) -> None:
    assert not reads_around_consent(source, "room/module.py")


def test_where_and_what_is_told() -> None:
    source = (
        "from profiles.models import Event\nclass Shelf:\n    def newest(self):\n        return Event.objects.last()\n"
    )
    (read,) = reads_around_consent(source, "room/module.py")
    assert read.name == "room/module.py:Shelf.newest"
    assert str(read) == "room/module.py:4 in Shelf.newest: return Event.objects.last()"
