"""The picker of hours of the week: rows of days and times."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from promotions import hours

DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
FEWEST_ROWS = 2
MOST_ROWS = 20


class HoursWidget(forms.Widget):
    """A row for each window: seven boxes and two times. Rows without a day say nothing."""

    template_name = "admin/promotions/couponbatch/hours.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The windows of all rows that name a day."""
        windows: list[dict[str, Any]] = []
        for row in range(MOST_ROWS):
            prefix = f"{name}-{row}-"
            sent = data.getlist(f"{prefix}days") if hasattr(data, "getlist") else data.get(f"{prefix}days") or []
            days = [int(day) for day in sent if day.isascii() and day.isdigit() and len(day) < 3]
            times = {key: data.get(prefix + key) or "00:00" for key in ("since", "until")}
            if days:
                windows.append({"days": days, **times})
        return windows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Boxes that are not ticked are not sent, which says something too."""
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The rows that there are, and one more."""
        windows = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
        blank: dict[str, Any] = {"days": [], "since": "", "until": ""}
        rows = windows + [blank] * max(1, FEWEST_ROWS - len(windows))
        shown = [
            {
                "prefix": f"{name}-{number}-",
                "days": [(day, words, day in row.get("days", ())) for day, words in enumerate(DAYS)],
                "since": row.get("since", "00:00"),
                "until": row.get("until", "00:00"),
            }
            for number, row in enumerate(rows[:MOST_ROWS])
        ]
        return mark_safe(render_to_string(self.template_name, {"rows": shown}))  # noqa: S308 a template's output


class HoursField(forms.Field):
    """Cleaned to a document that `promotions.hours` reads."""

    widget = HoursWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The windows. Raises `ValidationError`."""
        try:
            hours.read(value or [])
        except hours.HoursBroken as error:
            raise ValidationError(str(error)) from None
        found: list[dict[str, Any]] = value or []
        return found
