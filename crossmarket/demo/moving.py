"""When CrossMarket starts on another port than the demo was made for, its partner sites move along."""

import msgspec
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from accounts.models import Platform
from crossmarket.demo import notes
from crossmarket.demo.addresses import SITES, Addresses
from crossmarket.foundation import generations
from profiles.models import Course


@transaction.atomic
def follow_port(port: int) -> bool:
    """Let origins, course pages and notes of this data folder's demo name the ports that go with `port`.

    Returns whether anything had to move; without a demo nothing has.
    """
    kept = notes.read()
    if kept is None or kept.port == port:
        return False
    before, after = Addresses(kept.port), Addresses(port)
    for slug in SITES:
        _move(slug, before, after)
    for subject in (generations.API_KEYS, generations.CATALOGUE):
        generations.renew_on_commit(subject)
    platforms = [msgspec.structs.replace(platform, site=after.site(platform.slug)) for platform in kept.platforms]
    notes.write(msgspec.structs.replace(kept, port=port, platforms=platforms))
    return True


def _move(slug: str, before: Addresses, after: Addresses) -> None:
    platform = Platform.objects.filter(slug=slug).first()
    if platform is None:
        return
    old = set(before.origins(slug))
    others = [origin for origin in platform.origins if origin not in old]
    platform.origins = [*after.origins(slug), *(origin for origin in others if origin not in after.origins(slug))]
    platform.save(update_fields=["origins"])
    pages = Course.objects.filter(platform=platform, url__startswith=f"{before.site(slug)}/")
    pages.update(url=Concat(Value(after.site(slug)), Substr("url", len(before.site(slug)) + 1)))
