"""Catalogue items."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform


class CourseKind(models.TextChoices):
    """What a course is."""

    COURSE = "course", _("Course")
    AUDIO = "audio", _("Audio")
    ARTICLE = "article", _("Article")
    VIDEO = "video", _("Video")
    LIVE = "live", _("Live lecture")


class CourseQuerySet(models.QuerySet["Course"]):
    """Questions about courses."""

    def listed(self) -> Self:
        """Those that may be shown: available and described."""
        return self.filter(available=True).exclude(title="")

    def matching(self, words: str) -> Self:
        """Those with every word in the title, tags, teacher, category or text; the best matches first."""
        found = self
        title_hits: list[When] = []
        for word in words.split()[:8]:
            in_title = Q(title__icontains=word)
            elsewhere = Q(tags_text__icontains=word) | Q(teacher__icontains=word) | Q(category__icontains=word)
            found = found.filter(in_title | elsewhere | Q(text__icontains=word))
            title_hits += [When(in_title, then=Value(2)), When(elsewhere, then=Value(1))]
        rank = Case(*title_hits, default=Value(0), output_field=IntegerField())
        return found.annotate(match_rank=rank).order_by("-match_rank", "-published_at", "id")


class Course(models.Model):
    """A catalogue item of one platform: course, audio, article, video or live event.

    An event may name an item before the platform describes it: such a course has no title and is not listed yet.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="courses", verbose_name=_("platform"))
    item_id = models.CharField(_("item id on the platform"), max_length=200)
    title = models.CharField(_("title"), max_length=500, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=CourseKind.choices, default=CourseKind.COURSE)
    category = models.CharField(_("category"), max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=100), verbose_name=_("tags"), default=list, blank=True)
    tags_text = models.TextField(editable=False, default="", blank=True)
    price = models.BigIntegerField(_("price (minor units)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    url = models.CharField(_("address"), max_length=2000, blank=True)
    cover_url = models.CharField(_("cover"), max_length=2000, blank=True)
    preview_url = models.CharField(_("audio preview"), max_length=2000, blank=True, db_default="")
    teacher = models.CharField(_("teacher"), max_length=200, blank=True)
    difficulty = models.CharField(_("difficulty"), max_length=50, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    text = models.TextField(_("description"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    available = models.BooleanField(_("available"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.UniqueConstraint("platform", "item_id", name="course_unique_on_platform"),
            models.CheckConstraint(name="course_price_not_negative", condition=Q(price__gte=0)),
        ]
        indexes = [models.Index(fields=["category", "-published_at"])]

    def __str__(self) -> str:
        return self.title or self.item_id
