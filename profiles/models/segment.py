"""Segments: groups of people by a live rule, by a cell of the RFM grid or by a cluster."""

from typing import Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import consenting_to


class SegmentKind(models.TextChoices):
    """How it is decided who belongs to a segment."""

    RULE = "rule", _("live rule")
    RFM = "rfm", _("RFM")
    CLUSTER = "cluster", _("cluster")


class SegmentQuerySet(models.QuerySet["Segment"]):
    """Questions about segments."""

    def active(self) -> Self:
        """Those that are kept up to date."""
        return self.filter(is_active=True)

    def of_account(self, account: LinkedAccount) -> Self:
        """Those that an account belongs to, as far as it still agrees to be profiled."""
        mine = SegmentMember.objects.standing().filter(account=account, segment=OuterRef("pk"))
        return self.active().filter(Exists(mine))


class Segment(models.Model):
    """A group of people with a name.

    rule: the condition in JSON (`profiles.segmentation`), for live rules and cells of the RFM grid; null for clusters.
    cluster: the number that a cluster keeps from run to run. told: what a name in words is made of, where marketers
    gave none. size: persons, kept right by whatever changes the members.
    """

    key = models.SlugField(_("key"), max_length=80, unique=True, help_text=_("Programs know the segment by it."))
    name = models.CharField(_("name"), max_length=100, blank=True)
    note = models.TextField(_("note"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=SegmentKind.choices, default=SegmentKind.RULE)
    rule = models.JSONField(_("rule"), null=True, blank=True)
    cluster = models.PositiveIntegerField(_("cluster"), null=True, blank=True, unique=True, editable=False)
    told = models.JSONField(default=dict, editable=False)
    is_active = models.BooleanField(_("kept up to date"), default=True)
    size = models.PositiveIntegerField(_("persons"), default=0, editable=False)
    settled_at = models.DateTimeField(_("up to date"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["kind", "name", "key"]
        permissions = [("export_segment", "Can export the members of a segment")]
        constraints = [
            models.CheckConstraint(
                name="segment_has_rule_or_cluster",
                condition=Q(kind=SegmentKind.CLUSTER, rule__isnull=True, cluster__isnull=False)
                | (~Q(kind=SegmentKind.CLUSTER) & Q(rule__isnull=False, cluster__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key


class SegmentMemberQuerySet(models.QuerySet["SegmentMember"]):
    """Questions about members."""

    def standing(self) -> Self:
        """Those that may still be used: the account agrees to be profiled now, and whoever it belonged for is there.

        Who belongs together with other accounts has it from what all of them did. When one of them withdrew or was
        separated, it is not known any more whether the rest belong, until they have been looked at again.
        """
        together = LinkedAccount.objects.filter(person_id=OuterRef("account__person_id")).order_by()
        agreeing = together.filter(consenting_to(Purpose.PROFILING, Purpose.CROSS_PLATFORM)).values("person_id")
        number = Coalesce(Subquery(agreeing.annotate(number=Count("pk")).values("number")), Value(0))
        joined = consenting_to(Purpose.CROSS_PLATFORM, path="account__") & Q(accounts__lte=number)
        return self.filter(consenting_to(Purpose.PROFILING, path="account__")).filter(Q(accounts=1) | joined)

    def persons(self) -> Self:
        """One row for each person: of accounts that agreed to be joined, the first."""
        return self.filter(leads=True)


class SegmentMember(models.Model):
    """An account of a person who belongs to a segment.

    A person belongs with all accounts that agreed to be joined, or with one account that did not; the first account of
    them `leads`, so that persons are counted once. accounts: how many belong together.
    """

    pk = models.CompositePrimaryKey("segment_id", "account_id")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_index=False)
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="memberships")
    leads = models.BooleanField(default=True)
    accounts = models.PositiveSmallIntegerField(default=1)
    entered_at = models.DateTimeField(_("entered"))

    objects = SegmentMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.account_id}"


class SegmentClock(models.Model):
    """Until when it has been looked at what time alone changes; there is one row."""

    looked_until = models.DateTimeField()

    class Meta:
        verbose_name = _("clock of segments")
        verbose_name_plural = _("clocks of segments")

    def __str__(self) -> str:
        return f"{self.looked_until:%Y-%m-%d %H:%M:%S}"


class SegmentDay(models.Model):
    """A segment's size at the end of a day, and how many persons entered and left on it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    size = models.PositiveIntegerField(_("persons"), default=0)
    entered = models.PositiveIntegerField(_("entered"), default=0)
    left = models.PositiveIntegerField(_("left"), default=0)

    class Meta:
        verbose_name = _("day of a segment")
        verbose_name_plural = _("days of segments")
        ordering = ["day"]
        constraints = [models.UniqueConstraint("segment", "day", name="segment_day_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.day}"
