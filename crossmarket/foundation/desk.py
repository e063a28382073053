"""What the desks (the admin pages) of all rooms share."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_htmx.http import HttpResponseClientRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.dataclasses import ActionDialog
from unfold.paginator import InfinitePaginator
from unfold.utils import parse_date_str


class ReadOnlyAdmin(ModelAdmin):
    """Rows that are looked at, never made, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes by hand."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Those who may view, and those who may act on a row, see it."""
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)


class ReadOnlyInline(TabularInline):
    """Rows below another that are only looked at; whoever sees that one sees these."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes by hand."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever sees the row above sees these."""
        return True


class LongTable(ModelAdmin):
    """A table of so many rows that neither counting nor jumping to its last page is sensible."""

    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_disable_select_all = True
    list_per_page = 50


class DayRangeFilter(RangeDateFilter):
    """From one day to another, both included, by the clock of the desk."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of these days; a day that cannot be read is no bound."""
        first = self._midnight(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = self._midnight(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": last + timedelta(days=1)})
        return queryset

    def _midnight(self, day: Any) -> datetime | None:
        parsed = parse_date_str(day) if isinstance(day, str) else None
        return datetime.combine(parsed, time.min, timezone.get_current_timezone()) if parsed else None


def question(title: Any, description: Any, submit: Any, form: Any = None) -> ActionDialog:
    """A dialog that asks before something is done, so that following a link alone changes nothing."""
    return ActionDialog(title=title, description=description, form_class=form, form_submit_text=submit)


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page, also from within a dialog."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def label(text: Any, colour: str = "") -> SafeString:
    """A text as a label; colours are django-unfold's: success, danger, warning, info, primary, or none."""
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))  # noqa: S308 a template's output


def link(url: str, text: Any) -> SafeString:
    """A link as the desk shows them."""
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)
