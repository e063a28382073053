"""Pages that say what next."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, own_account, signed_in
from profiles.models import Course
from recommend import serving
from recommend.home import for_you as recommend_for
from recommend.home import home_for

MOST_SIMILAR = 8


@never_cache
@require_safe
def home(request: PageRequest) -> HttpResponse:
    """The first page: what is next for a signed-in person, what is popular and new for everybody."""
    return render(request, "recommend/home.html", {"home": home_for(own_account(request), _device(request))})


@signed_in
@never_cache
@require_safe
def for_you(request: LearnerRequest) -> HttpResponse:
    """The list of suggestions alone, as they are now."""
    if not request.htmx:
        return redirect("recommend:home")
    answer = recommend_for(house_account(request.user), _device(request))
    return render(request, "recommend/for_you.html", {"answer": answer})


@require_safe
def similar(request: PageRequest, pk: int) -> HttpResponse:
    """Courses similar to one, as a part of its page."""
    course = get_object_or_404(Course.objects.listed(), pk=min(pk, 2**63 - 1))
    if not request.htmx:
        return redirect("profiles:course", pk)
    items = serving.similar(course, MOST_SIMILAR, everywhere=True)
    return render(request, "recommend/similar.html", {"items": items})


def _device(request: PageRequest) -> serving.Device:
    return serving.device_of_browser(request.headers.get("User-Agent", ""))
