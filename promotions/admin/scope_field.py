"""The builder of a scope: courses by what they are, in fields, and those that are left out."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from profiles.models import Course, CourseKind
from promotions import scope

SEPARATORS = re.compile(r"[,，;；\n]")
LISTS: dict[str, Promise] = {
    "platforms": _("platforms"),
    "kinds": _("kinds"),
    "categories": _("categories"),
    "teachers": _("teachers"),
    "tags": _("tags"),
    "courses": _("single courses (platform/item)"),
}
TICKED = ("platforms", "kinds")
EXCEPT = "except-"
REST = "rest"
MOST_OFFERED = 200


class ScopeWidget(forms.Widget):
    """Two groups of fields, what it is good for and what not, and by which documents are read and written."""

    template_name = "admin/promotions/couponbatch/scope.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The document that the fields say."""
        document: dict[str, Any] = _lists(data, f"{name}-")
        # Each list of what is left out stands for itself: courses of that teacher, and besides those of that category.
        excluding: list[Any] = [{key: values} for key, values in _lists(data, f"{name}-{EXCEPT}").items()]
        try:
            excluding += json.loads(data.get(f"{name}-{REST}") or "[]")
        except (ValueError, TypeError):
            excluding.append({"broken": []})
        return document | ({"excluding": excluding} if excluding else {})

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Boxes that are not ticked are not sent, which says something too."""
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The fields."""
        document = value if isinstance(value, Mapping) else {}
        left_out, rest = _parted(document.get("excluding") or [])
        context = {
            "name": name,
            "groups": [
                (_("Good for"), _("Nothing filled in: all courses."), _fields(name, "", document)),
                (
                    _("Except"),
                    _("Courses that any of these names are left out."),
                    _fields(name, EXCEPT, left_out),
                ),
            ],
            "rest": json.dumps(rest, ensure_ascii=False) if rest else "",
            "offered": _offered(name),
        }
        return mark_safe(render_to_string(self.template_name, context))  # noqa: S308 a template's output


class ScopeField(forms.Field):
    """Cleaned to a document that `promotions.scope` reads, without JSON for whoever fills it in."""

    widget = ScopeWidget

    def clean(self, value: Any) -> dict[str, Any]:
        """The document. Raises `ValidationError` for what is none, and for platforms and courses that are not there."""
        try:
            read = scope.read(value or {})
        except scope.ScopeBroken as error:
            raise ValidationError(str(error)) from None
        for named in (read, *read.excluding):
            _check_courses(named.courses)
        found: dict[str, Any] = value or {}
        return found


def _check_courses(courses: tuple[tuple[str, str], ...]) -> None:
    for slug, item_id in courses:
        if "\0" in item_id or not Course.objects.filter(platform__slug=slug, item_id=item_id).exists():
            raise ValidationError(
                _("There is no course %(name)s. Write it as platform/item."), params={"name": f"{slug}/{item_id}"}
            )


def _lists(data: Any, prefix: str) -> dict[str, Any]:
    """What is filled in, by list; nothing for empty ones."""
    found: dict[str, Any] = {}
    for key in LISTS:
        sent = data.getlist(prefix + key) if hasattr(data, "getlist") else [data.get(prefix + key) or ""]
        values = [each.strip() for text in sent for each in SEPARATORS.split(text) if each.strip()]
        if values:
            found[key] = [list(each.partition("/")[::2]) for each in values] if key == "courses" else values
    return found


def _parted(excluding: Any) -> tuple[dict[str, Any], list[Any]]:
    """Exclusions by one list each, as one document, and those that these fields cannot show."""
    shown: dict[str, Any] = {}
    rest: list[Any] = []
    for each in excluding:
        if isinstance(each, Mapping) and len(each) == 1 and not set(each) & set(shown) and set(each) <= set(LISTS):
            shown |= each
        else:
            rest.append(each)
    return shown, rest


def _fields(name: str, prefix: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    choices = {
        "platforms": list(Platform.objects.order_by("name").values_list("slug", "name")),
        "kinds": [(str(value), label) for value, label in CourseKind.choices],
    }
    fields = []
    for key, label in LISTS.items():
        values = document.get(key) or []
        if key == "courses":
            values = ["/".join(map(str, each)) for each in values]
        field = {"name": f"{name}-{prefix}{key}", "label": label, "key": key, "text": ", ".join(map(str, values))}
        if key in TICKED:
            # What is named but is not there any more can be seen and taken away.
            known = dict(choices[key])
            offered = choices[key] + [(each, each) for each in values if each not in known]
            field["choices"] = [(value, words, value in values) for value, words in offered]
        fields.append(field)
    return fields


def _offered(name: str) -> dict[str, list[str]]:
    """What can be chosen from while typing."""
    courses = Course.objects.listed().order_by()
    return {
        f"{name}-categories": _different(courses, "category"),
        f"{name}-teachers": _different(courses, "teacher"),
    }


def _different(courses: Any, field: str) -> list[str]:
    values = courses.exclude(**{field: ""}).values_list(field, flat=True).distinct().order_by(field)
    return list(values[:MOST_OFFERED])
