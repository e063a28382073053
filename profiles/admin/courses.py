"""The catalogue."""

from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.contrib.forms.widgets import ArrayWidget
from unfold.decorators import display

from profiles.course_changes import save_course
from profiles.ingest.items import SAFE_ADDRESS
from profiles.models import Course


class CourseForm(forms.ModelForm):
    """A course by hand, under the same rules as from a platform."""

    class Meta:
        model = Course
        fields = "__all__"  # noqa: DJ007 the admin's fieldsets name the fields

    def clean_url(self) -> str:
        """An address that a page can safely link to."""
        return _safe(self.cleaned_data["url"])

    def clean_cover_url(self) -> str:
        """An address that a page can safely show."""
        return _safe(self.cleaned_data["cover_url"])

    def clean_preview_url(self) -> str:
        """An address that a page can safely link to."""
        return _safe(self.cleaned_data["preview_url"])

    def clean_currency(self) -> str:
        """Three capital letters."""
        currency = self.cleaned_data["currency"].upper()
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValidationError(_("A currency is three letters, such as CNY."))
        return currency


@admin.register(Course)
class CourseAdmin(ModelAdmin):
    """Courses of all platforms. They usually come over the API; here they can be mended and hidden."""

    form = CourseForm
    list_display = (
        "cover_and_title",
        "platform",
        "kind_label",
        "category",
        "teacher",
        "shown_price",
        "available",
        "published_at",
    )
    list_select_related = ("platform",)
    list_filter = (
        ("platform", RelatedDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        "available",
        ("published_at", admin.DateFieldListFilter),
    )
    list_filter_sheet = True
    list_per_page = 50
    search_fields = ("title",)
    search_help_text = _("Words of the title, tags, teacher, category or description; or an item id")
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("show", "hide")
    formfield_overrides = {ArrayField: {"widget": ArrayWidget}}
    autocomplete_fields = ("platform",)
    fieldsets = (
        (None, {"fields": ("platform", "item_id", "title", "kind", "category", "tags", "teacher", "text")}),
        (_("Offer"), {"fields": (("price", "currency"), "url", "cover_url", "available", "published_at")}),
        (_("Details"), {"fields": ("difficulty", "language", "preview_url")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Whose course it is stays, for the platform's events name it so."""
        return ("platform", "item_id") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Course], search_term: str
    ) -> tuple[QuerySet[Course], bool]:
        """As visitors search, and by the platform's item id."""
        if not search_term.strip():
            return queryset, False
        ids = Course.objects.matching(search_term).order_by().values("pk")
        named = Course.objects.filter(item_id=search_term.strip()).values("pk")
        return queryset.filter(pk__in=ids.union(named)), False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A course takes its events with it, so it is made unavailable instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Course, form: forms.ModelForm, change: bool) -> None:
        """Store it so that searches and lists notice."""
        save_course(obj)

    @display(description=_("course"), header=True, ordering="title")
    def cover_and_title(self, course: Course) -> list[Any]:
        """The cover, the title and the platform's id."""
        cover = course.cover_url or reverse("profiles:cover", args=[course.pk])
        image = {"path": cover, "squared": True, "borderless": True, "width": 64, "height": 36}
        return [str(course), course.item_id, "", image]

    @display(description=_("kind"), ordering="kind", label=True)
    def kind_label(self, course: Course) -> str:
        """What it is."""
        return course.get_kind_display()

    @display(description=_("price"), ordering="price")
    def shown_price(self, course: Course) -> str | None:
        """The price in major units."""
        if course.price is None:
            return None
        digits = get_currency_precision(course.currency)
        return f"{course.price / 10**digits:,.{digits}f} {course.currency}"

    @admin.action(description=_("Make available"), permissions=["change"])
    def show(self, request: HttpRequest, queryset: QuerySet[Course]) -> None:
        """Put the chosen courses on show."""
        self._set_available(request, queryset, True)

    @admin.action(description=_("Make unavailable"), permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Course]) -> None:
        """Show and recommend the chosen courses no more."""
        self._set_available(request, queryset, False)

    def _set_available(self, request: HttpRequest, queryset: QuerySet[Course], available: bool) -> None:
        courses = list(queryset)
        for course in courses:
            course.available = available
            save_course(course)
        self.message_user(request, _("%(count)d courses changed.") % {"count": len(courses)})


def _safe(address: str) -> str:
    if address and not address.startswith(SAFE_ADDRESS):
        raise ValidationError(_("An address begins with https://, http:// or /."))
    return address
