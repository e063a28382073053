"""The site itself: its addresses and what stands behind them."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from crossmarket.demo.catalogue import SiteCourse
from crossmarket.demo.notes import DemoNotes
from crossmarket.demo.site.http import Reply, Request, redirect
from crossmarket.demo.site.ordering import Ordering, OrderState
from crossmarket.demo.site.pages import Pages
from crossmarket.demo.site.partner import Partner
from crossmarket.demo.site.visitors import Visitor, chosen, possible_visitors
from crossmarket.demo.site.words import LANGUAGES, best_language, words
from profiles.covers import draw_cover

STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
FOR_A_DAY = [("Cache-Control", "public, max-age=86400")]

Handler = Callable[..., Reply]


class DemoSite:
    """A partner's site: a catalogue, visitors, and a connection to CrossMarket at `crossmarket_url`."""

    def __init__(self, slug: str, notes: DemoNotes, courses: list[SiteCourse], crossmarket_url: str) -> None:
        self._slug, self._personas = slug, notes.personas
        self._courses = {course.item_id: course for course in courses}
        self._partner = Partner(notes.platform(slug), crossmarket_url)
        self._ordering = Ordering(self._partner)
        self._pages = Pages(slug, notes, courses, self._partner)
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            ("GET", re.compile(r"/"), self._home),
            ("GET", re.compile(r"/courses/([^/]+)"), self._course),
            ("POST", re.compile(r"/courses/([^/]+)/(like|buy)"), self._act),
            ("GET", re.compile(r"/orders/(\w+)"), self._order),
            ("POST", re.compile(r"/orders/(\w+)/(check|use|claim|reserve|pay|drop)"), self._act_on_order),
            ("POST", re.compile(r"/visit-as"), self._visit_as),
            ("POST", re.compile(r"/language"), self._choose_language),
            ("GET", re.compile(r"/token"), self._token),
            ("GET", re.compile(r"/covers/([^/]+)\.svg"), self._cover),
            ("GET", re.compile(r"/static/([a-z]+\.(?:css|js))"), self._static),
            ("GET", re.compile(r"/healthz"), lambda _request: Reply(b"ok", content_type="text/plain")),
        ]

    def answer(self, request: Request) -> Reply:
        """The reply to any request."""
        for method, pattern, handler in self._routes:
            if found := pattern.fullmatch(request.path):
                if method == request.method:
                    return handler(request, *map(unquote, found.groups()))
                return Reply(b"", 405, "text/plain", [("Allow", method)])
        return self._missing(request)

    def _home(self, request: Request) -> Reply:
        page = request.query.get("page", "1")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
        return self._pages.home(request, self._language(request), self._visitor(request), number)

    def _course(self, request: Request, item_id: str) -> Reply:
        """Opening a course is an event: CrossMarket is told before the page is made, so that the page can show it."""
        course, visitor = self._courses.get(item_id), self._visitor(request)
        if course is None:
            return self._missing(request)
        just_acted = request.query.get("done", "")
        if visitor.user_id and not just_acted:
            self._partner.tell("view", visitor.user_id, item_id, recommendation_id=self._came_from(request, item_id))
        return self._pages.course(request, self._language(request), visitor, course, just_acted)

    def _act(self, request: Request, item_id: str, what: str) -> Reply:
        course, visitor = self._courses.get(item_id), self._visitor(request)
        if course is None:
            return self._missing(request)
        if visitor.user_id:
            came_from = self._came_from(request, item_id)
            if what == "like":
                self._partner.tell("like", visitor.user_id, item_id, recommendation_id=came_from)
            elif course.price:
                return redirect(f"/orders/{self._ordering.begin(visitor.user_id, course, came_from).order_id}")
            else:
                self._partner.tell("purchase", visitor.user_id, item_id, course.price, came_from)
        return redirect(f"/courses/{item_id}?done={what}" if visitor.user_id else f"/courses/{item_id}")

    def _order(self, request: Request, order_id: str) -> Reply:
        visitor, language = self._visitor(request), self._language(request)
        order = self._ordering.find(order_id, visitor.user_id)
        if order is None:
            return self._missing(request)
        offers = self._ordering.offers(order, language) if order.state == OrderState.OPEN else []
        return self._pages.order(request, language, visitor, order, offers)

    def _act_on_order(self, request: Request, order_id: str, what: str) -> Reply:
        order = self._ordering.find(order_id, self._visitor(request).user_id)
        if order is None:
            return self._missing(request)
        self._ordering.act(order, what, dict(request.form), self._language(request))
        is_paid = order.state == OrderState.PAID
        return redirect(f"/courses/{order.course.item_id}?done=buy" if is_paid else f"/orders/{order_id}")

    def _visit_as(self, request: Request) -> Reply:
        role = chosen(self._visitors(request), request.form.get("role", "")).role
        return redirect(request.form.get("next", "/"), {f"{self._slug}_visitor": role})

    def _choose_language(self, request: Request) -> Reply:
        language = request.form.get("language", "")
        cookies = {f"{self._slug}_language": language} if language in LANGUAGES else {}
        return redirect(request.form.get("next", "/"), cookies)

    def _token(self, request: Request) -> Reply:
        """A fresh user token for the widget of a page that has stood open for long."""
        user_id = self._visitor(request).user_id
        token = self._partner.user_token(user_id) if user_id else ""
        return Reply(token.encode(), content_type="text/plain", headers=[("Cache-Control", "no-store")])

    def _cover(self, request: Request, item_id: str) -> Reply:
        course = self._courses.get(item_id)
        if course is None:
            return self._missing(request)
        picture = draw_cover(course.title, course.category, course.kind, course.tags)
        return Reply(picture.encode(), content_type="image/svg+xml", headers=FOR_A_DAY)

    def _static(self, request: Request, name: str) -> Reply:
        path = STATIC / name
        if not path.is_file():
            return self._missing(request)
        return Reply(path.read_bytes(), content_type=STATIC_TYPES[path.suffix], headers=[("Cache-Control", "no-cache")])

    def _missing(self, request: Request) -> Reply:
        return self._pages.missing(request, self._language(request), self._visitor(request))

    def _language(self, request: Request) -> str:
        return best_language(request.cookies.get(f"{self._slug}_language", ""), request.languages)

    def _visitors(self, request: Request) -> list[Visitor]:
        return possible_visitors(self._personas, self._slug, words(self._language(request))["visitor"])

    def _visitor(self, request: Request) -> Visitor:
        return chosen(self._visitors(request), request.cookies.get(f"{self._slug}_visitor", ""))

    def _came_from(self, request: Request, item_id: str) -> str:
        """The recommendation that led to the course, as the site's script noted it when the widget was clicked."""
        noted_item, _, recommendation = unquote(request.cookies.get(f"{self._slug}_came_from", "")).partition("|")
        return recommendation if noted_item == item_id and re.fullmatch(r"[\w-]{1,64}", recommendation) else ""
