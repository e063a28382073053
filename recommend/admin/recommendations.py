"""The answers given to placements."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from accounts.models import LinkedAccount
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
    search_fields = ("placement",)
    search_help_text = _("A placement, or a whole user id on a platform")
    ordering = ("-created_at",)
    sortable_by = ()
    fields = ("id", "created_at", "placement", "platform", "whom", "model", "source", "courses")
    readonly_fields = ("whom", "courses")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Recommendation], search_term: str
    ) -> tuple[QuerySet[Recommendation], bool]:
        """By whole words only, however many answers there are."""
        term = search_term.strip()
        if not term:
            return queryset, False
        accounts = list(LinkedAccount.objects.filter(external_id=term).values_list("pk", flat=True))
        return queryset.filter(Q(placement=term) | Q(account__in=accounts)), False

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
