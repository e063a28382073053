"""Pages about courses."""

import uuid
from urllib.parse import urlsplit

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, own_account, signed_in
from profiles import services
from profiles.catalogue import Search, categories_to_choose
from profiles.covers import draw_cover
from profiles.forms import OpinionForm
from profiles.models import Course, CourseKind, EventType
from profiles.opinions import comments_on, give_opinion, opinions_on, own_rating

COURSES_PER_PAGE = 24
MOST_CATEGORIES = 30
LARGEST_ID = 2**63 - 1


@require_safe
def catalogue(request: PageRequest) -> HttpResponse:
    """All courses, or those that fit a search."""
    search = Search.of(request.GET)
    page = Paginator(search.courses(), COURSES_PER_PAGE).get_page(request.GET.get("page"))
    account = own_account(request)
    if account and search == Search(search.query) and search.query and page.number == 1:
        services.record(account, EventType.SEARCH, None, context={"query": search.query})
    shown = {
        "search": search,
        "query": search.query,
        "page": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "categories": categories_to_choose(search.category, MOST_CATEGORIES),
        "kinds": CourseKind.values,
    }
    return render(request, "profiles/catalogue.html", shown)


@require_safe
def course(request: PageRequest, pk: int) -> HttpResponse:
    """One course; that a signed-in person looks at it is an event, and a click when a recommendation led here."""
    shown, account = _course(pk), own_account(request)
    if "from" in request.GET:
        _record_click(account, shown, request.GET["from"])
        return redirect("profiles:course", pk)
    if account and request.method == "GET":
        services.record(account, EventType.VIEW, shown)
    return _course_page(request, shown, account)


@require_http_methods(["GET", "HEAD", "POST"])
def opinions(request: PageRequest, pk: int) -> HttpResponse:
    """More comments (GET), or a rating and a comment of one's own (POST)."""
    if request.method == "POST":
        return _give_opinion(request, pk)
    shown = _course(pk)
    if not request.htmx:
        return redirect(f"{reverse('profiles:course', args=[pk])}#opinions")
    comments = comments_on(shown, own_account(request), request.GET.get("page", 1))
    return render(request, "profiles/comments.html", {"course": shown, "opinions": {"comments": comments}})


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def cover(_request: PageRequest, pk: int) -> HttpResponse:
    """The cover drawn for a course that brings none."""
    drawn = _course(pk)
    svg = draw_cover(drawn.title, drawn.category, drawn.kind, [*drawn.tags, drawn.teacher])
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HttpResponse(svg, content_type="image/svg+xml", headers=headers)


@signed_in
def _give_opinion(request: LearnerRequest, pk: int) -> HttpResponse:
    shown, account = _course(pk), house_account(request.user)
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _opinions_again(request, shown, account, form, status=422)
    give_opinion(account, shown, form.cleaned_data["rating"], form.cleaned_data["comment"])
    if not request.htmx:
        return redirect(f"{reverse('profiles:course', args=[pk])}#opinions")
    return _opinions_again(request, shown, account, None, said=gettext("Thank you. Your opinion is published."))


def _opinions_again(
    request: PageRequest,
    shown: Course,
    account: LinkedAccount,
    form: OpinionForm | None,
    status: int = 200,
    said: str = "",
) -> HttpResponse:
    """The part of the page with the opinions, or the whole page for browsers without scripts."""
    if not request.htmx:
        return _course_page(request, shown, account, form, status)
    context = {**_opinion_context(shown, account, form), "said": said}
    return render(request, "profiles/opinions.html", context, status=status)


def _course_page(
    request: PageRequest,
    shown: Course,
    account: LinkedAccount | None,
    form: OpinionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    address = shown.url if urlsplit(shown.url).scheme in ("http", "https") else ""
    login_url = f"{reverse('account_login')}?{urlencode({'next': reverse('profiles:course', args=[shown.pk])})}"
    context = {**_opinion_context(shown, account, form), "address": address, "login_url": login_url}
    return render(request, "profiles/course.html", context, status=status)


def _opinion_context(shown: Course, account: LinkedAccount | None, form: OpinionForm | None) -> dict[str, object]:
    if form is None and account:
        form = OpinionForm(initial={"rating": own_rating(shown, account)})
    return {"course": shown, "opinions": opinions_on(shown, account), "form": form}


def _record_click(account: LinkedAccount | None, shown: Course, recommendation_id: str) -> None:
    """Note that a recommendation was followed; an id that is none is left out."""
    try:
        followed = uuid.UUID(recommendation_id)
    except ValueError:
        return
    if account:
        services.record(account, EventType.CLICK, shown, context={"recommendation_id": str(followed)})


def _course(pk: int) -> Course:
    return get_object_or_404(Course.objects.exclude(title="").select_related("platform"), pk=min(pk, LARGEST_ID))
