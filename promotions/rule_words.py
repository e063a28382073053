"""The rule of a batch in words: what a coupon gives, for what, when and how often."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crossmarket.foundation.money import in_words as money
from profiles.models import Segment
from profiles.segmentation.naming import name_of
from promotions import hours, scope
from promotions.hours import Window
from promotions.models import Coupon, CouponBatch
from promotions.pricing.benefits import Benefit, BenefitKind
from promotions.scope import Named


def in_words(batch: CouponBatch, coupon: Coupon | None = None, segments: Iterable[Segment] | None = None) -> list[str]:
    """Sentences in the active language, the most important first; of a coupon, what it alone gives.

    segments: those of a batch that is not saved yet, or not so; by default, those that it is for.
    """
    people = _people(batch, batch.segments.all() if segments is None else segments)
    rest = (_only(coupon), _scope(batch), people, _times(batch), _limits(batch), _stacking(batch))
    return [gives_in_words(batch, coupon), *chain.from_iterable(rest)]


def gives_in_words(batch: CouponBatch, coupon: Coupon | None = None) -> str:
    """The first of these sentences, for which nothing has to be asked: what a coupon gives."""
    return _benefit(batch, batch.gives if coupon is None else coupon.gives_of(batch))


def _benefit(batch: CouponBatch, gives: Benefit) -> str:
    match gives.kind:
        case BenefitKind.PERCENT:
            return _share(batch, gives)
        case BenefitKind.AMOUNT:
            return _("%(amount)s off") % {"amount": money(gives.value, batch.currency)}
        case BenefitKind.FIXED_PRICE:
            return _fixed_price(batch, gives)
        case _:
            return _free_item(batch)


def _share(batch: CouponBatch, gives: Benefit) -> str:
    share = f"{gives.value / 100:g}"
    if gives.cap is None:
        return _("%(share)s%% off") % {"share": share}
    return _("%(share)s%% off, %(cap)s at most") % {"share": share, "cap": money(gives.cap, batch.currency)}


def _fixed_price(batch: CouponBatch, gives: Benefit) -> str:
    price = money(gives.value, batch.currency)
    if gives.units is None:
        return _("each for %(price)s") % {"price": price}
    words = ngettext("one for %(price)s", "%(count)d for %(price)s each", gives.units)
    return words % {"price": price, "count": gives.units}


def _free_item(batch: CouponBatch) -> str:
    if batch.units is None:
        return _("free of charge")
    return ngettext("one for free", "%(count)d for free", batch.units) % {"count": batch.units}


def _only(coupon: Coupon | None) -> Iterator[str]:
    if coupon is not None and coupon.only_course is not None:
        yield _("for the course “%(course)s”") % {"course": coupon.only_course}


def _scope(batch: CouponBatch) -> Iterator[str]:
    good_for = scope.read(batch.scope)
    if named := _named(good_for):
        yield _("for courses: %(courses)s") % {"courses": named}
    for each in good_for.excluding:
        yield _("not for courses: %(courses)s") % {"courses": _named(each)}
    if batch.minimum:
        yield _("from %(amount)s on") % {"amount": money(batch.minimum, batch.currency)}


def _named(courses: Named) -> str:
    lists = (
        (_("platform"), courses.platforms),
        (_("kind"), courses.kinds),
        (_("category"), courses.categories),
        (_("teacher"), courses.teachers),
        (_("tag"), courses.tags),
        (_("course"), [item_id for _platform, item_id in courses.courses]),
    )
    return "; ".join(f"{name} {_any_of(values)}" for name, values in lists if values)


def _any_of(values: Sequence[str]) -> str:
    return _(" or ").join(_("“%(value)s”") % {"value": value} for value in values)


def _people(batch: CouponBatch, segments: Iterable[Segment]) -> Iterator[str]:
    if batch.first_purchase:
        yield _("for the first purchase")
    if names := [name_of(segment) for segment in segments]:
        yield _("for members of %(segments)s") % {"segments": _any_of(names)}


def _times(batch: CouponBatch) -> Iterator[str]:
    if batch.starts_at:
        yield _("from %(moment)s") % {"moment": _moment(batch.starts_at)}
    if batch.ends_at:
        yield _("until %(moment)s") % {"moment": _moment(batch.ends_at)}
    if batch.days_after_claim:
        words = ngettext("for %(days)d day after claiming", "for %(days)d days after claiming", batch.days_after_claim)
        yield words % {"days": batch.days_after_claim}
    if windows := hours.read(batch.hours):
        yield _("at these hours (%(zone)s): %(hours)s") % {
            "zone": batch.timezone,
            "hours": "; ".join(map(_window, windows)),
        }


def _window(window: Window) -> str:
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    days = ", ".join(names[day] for day in window.days)
    return f"{days} {window.since}-{window.until}"


def _moment(moment: object) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")  # type: ignore[arg-type]


def _limits(batch: CouponBatch) -> Iterator[str]:
    if batch.limit_person is not None:
        words = ngettext("once for each person", "%(times)d times for each person", batch.limit_person)
        yield words % {"times": batch.limit_person}
    if batch.limit_day is not None:
        yield ngettext("once a day", "%(times)d times a day", batch.limit_day) % {"times": batch.limit_day}
    if batch.limit_total is not None:
        yield ngettext("once in all", "%(times)d times in all", batch.limit_total) % {"times": batch.limit_total}
    if batch.budget is not None:
        yield _("until %(amount)s have been taken off") % {"amount": money(batch.budget, batch.currency)}
    if not batch.returns_coupon:
        yield _("stays used when its order is paid back")


def _stacking(batch: CouponBatch) -> Iterator[str]:
    if batch.is_exclusive:
        yield _("with no other coupon")
    elif batch.group:
        yield _("with no other coupon of “%(group)s”") % {"group": batch.group}
