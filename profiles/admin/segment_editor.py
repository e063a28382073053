"""What stands beside the rule while it is built, and follows it: its words, its faults, and how many it is about."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from profiles.admin.rule_check import is_blank, read_rule
from profiles.admin.rule_vocabulary import EXAMPLES, vocabulary
from profiles.models import Segment
from profiles.segmentation.audience import Audience, audience_of
from profiles.segmentation.reading_rules import Fault, RuleError
from profiles.segmentation.words import in_words

if TYPE_CHECKING:
    from profiles.admin.segments import SegmentAdmin

MAY_WRITE = ("profiles.add_segment", "profiles.change_segment")


def offered(segment: Segment | None) -> dict[str, Any]:
    """What the builder is given."""
    return {
        "vocabulary": vocabulary(segment.key if segment else ""),
        "examples": {name: rule for name, (_words, rule) in EXAMPLES.items()},
        "example_names": [(name, words) for name, (words, _rule) in EXAMPLES.items()],
    }


def told_of(text: str, segment: Segment | None, faults: list[Fault] | None = None) -> dict[str, Any]:
    """What a rule says in words, or what is wrong with it; of a rule not begun, nothing."""
    told = ""
    if not faults and not is_blank(text):
        faults = []
        try:
            told = in_words(read_rule(text, segment))
        except RuleError as error:
            faults = error.faults
    faults = faults or []
    listed = [{"path": fault.path, "detail": fault.detail} for fault in faults]
    return {"told": told, "faults": faults, "fault_list": listed}


@require_POST
def told(request: HttpRequest, model_admin: "SegmentAdmin") -> HttpResponse:
    """The fragment: the rule in words, or its faults."""
    _require_write(request)
    context = told_of(request.POST.get("rule", ""), _segment(request))
    return render(request, "admin/profiles/segment/told.html", context)


@require_POST
def audience(request: HttpRequest, model_admin: "SegmentAdmin") -> HttpResponse:
    """The fragment: how many persons the rule is about now."""
    _require_write(request)
    try:
        found = audience_of(read_rule(request.POST.get("rule", ""), _segment(request)))
    except RuleError:
        found = Audience()
    return render(request, "admin/profiles/segment/audience.html", {"audience": found})


def _segment(request: HttpRequest) -> Segment | None:
    """The segment whose rule is written, None while it is new."""
    return Segment.objects.filter(key=request.POST.get("own_key", "")).first()


def _require_write(request: HttpRequest) -> None:
    if not any(request.user.has_perm(permission) for permission in MAY_WRITE):
        raise PermissionDenied
