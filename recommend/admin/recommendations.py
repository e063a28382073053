"""The answers given to placements."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, link
from profiles.models import Course
from recommend.models import Recommendation


@admin.register(Recommendation)
class RecommendationAdmin(ReadOnlyAdmin, LongTable):
    """What was recommended to whom, where, and by which model."""

    list_display = ("created_at", "placement", "platform", "whom", "model", "source", "how_many")
    list_select_related = ("platform", "account__platform", "model")
    list_filter = (("platform", RelatedDropdownFilter), ("model", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("=placement", "=account__external_id")
    ordering = ("-created_at",)
    sortable_by = ()
    fields = ("id", "created_at", "placement", "platform", "whom", "model", "source", "courses")
    readonly_fields = ("whom", "courses")

    @display(description=_("account"))
    def whom(self, answer: Recommendation) -> SafeString | str:
        """For whom; a stranger has no account."""
        if answer.account is None:
            return _("a stranger")
        return link(reverse("admin:accounts_linkedaccount_change", args=[answer.account_id]), answer.account)

    @display(description=_("courses"))
    def how_many(self, answer: Recommendation) -> int:
        """How many courses."""
        return len(answer.course_ids)

    @display(description=_("courses, best first"))
    def courses(self, answer: Recommendation) -> SafeString:
        """The courses by title."""
        courses = Course.objects.in_bulk(answer.course_ids)
        found = [courses[each] for each in answer.course_ids if each in courses]
        rows = ((link(reverse("admin:profiles_course_change", args=[course.pk]), course),) for course in found)
        return format_html('<ol class="desk-notes">{}</ol>', format_html_join("", "<li>{}</li>", rows))
