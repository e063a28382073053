"""The pages: what each needs, put into its template."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from crossmarket.demo.catalogue import SiteCourse
from crossmarket.demo.notes import DemoNotes
from crossmarket.demo.site.http import Reply, Request
from crossmarket.demo.site.ordering import SiteOrder
from crossmarket.demo.site.partner import Partner
from crossmarket.demo.site.visitors import Visitor, possible_visitors
from crossmarket.demo.site.words import LANGUAGES, kind_name, tagline, words

COURSES_ON_A_PAGE = 12
CATEGORIES_SHOWN = 8


def amount_in_words(minor_units: int) -> str:
    """An amount in minor units as people write it."""
    whole, cents = divmod(minor_units, 100)
    return f"¥{whole:,}.{cents:02d}" if cents else f"¥{whole:,}"


class Pages:
    """Makes the pages of one site. Its security policy lets in nothing but the site itself and CrossMarket's widget."""

    def __init__(self, slug: str, notes: DemoNotes, courses: list[SiteCourse], partner: Partner) -> None:
        self._slug, self._notes, self._partner = slug, notes, partner
        self._courses = courses
        self._engine = Engine(dirs=[str(Path(__file__).parent / "templates")])
        self._policy = (
            f"default-src 'self'; script-src 'self' {partner.url}; connect-src 'self' {partner.url}; "
            f"img-src 'self' {partner.url} data:; style-src 'self'; base-uri 'none'; frame-ancestors 'self'"
        )

    def home(self, request: Request, language: str, visitor: Visitor, page: int) -> Reply:
        """The list of courses, by category and page, with recommendations above."""
        category = request.query.get("category", "")
        found = [course for course in self._courses if category in ("", course.category)]
        pages = max(1, -(-len(found) // COURSES_ON_A_PAGE))
        number = min(max(page, 1), pages)
        shown = found[(number - 1) * COURSES_ON_A_PAGE : number * COURSES_ON_A_PAGE]
        common = Counter(course.category for course in self._courses).most_common(CATEGORIES_SHOWN)
        content = {
            "cards": [self._card(course, language) for course in shown],
            "category": category,
            "categories": [name for name, _count in common],
            "previous": number - 1,
            "next": number + 1 if number < pages else 0,
            "placement": "home",
            "offers_shown": True,
        }
        return self._page("home.html", request, language, visitor, content)

    def course(self, request: Request, language: str, visitor: Visitor, course: SiteCourse, just_acted: str) -> Reply:
        """One course; `just_acted` names what the visitor did on it a moment ago."""
        notice = {"like": "liked", "buy": "bought"}.get(just_acted, "")
        content = {
            "card": self._card(course, language),
            "course": course,
            "notice": words(language)[notice] if notice else "",
            "placement": "course",
        }
        return self._page("course.html", request, language, visitor, content)

    def order(
        self, request: Request, language: str, visitor: Visitor, order: SiteOrder, offers: list[dict[str, Any]]
    ) -> Reply:
        """An order: its coupons, what they take off, and what can be done next."""
        content = {
            "order": order,
            "card": self._card(order.course, language),
            "codes": " ".join(order.codes),
            "told": [{**each, "money": amount_in_words(each["discount"])} for each in order.told],
            "works": bool(order.told) and all(each["works"] for each in order.told),
            "discount": amount_in_words(order.discount),
            "to_pay": amount_in_words(order.to_pay),
            "held": [each for each in offers if each["code"]],
            "claimable": [each for each in offers if not each["code"]],
        }
        return self._page("order.html", request, language, visitor, content)

    def missing(self, request: Request, language: str, visitor: Visitor) -> Reply:
        """For addresses at which nothing is."""
        return self._page("missing.html", request, language, visitor, {}, status=404)

    def _page(
        self, name: str, request: Request, language: str, visitor: Visitor, content: dict[str, Any], status: int = 200
    ) -> Reply:
        said = words(language)
        context = {
            "slug": self._slug,
            "site": self._notes.platform(self._slug),
            "tagline": tagline(self._slug, language),
            "others": [site for site in self._notes.platforms if site.site and site.slug != self._slug],
            "language": language,
            "languages": LANGUAGES,
            "words": said,
            "address": request.address,
            "visitor": visitor,
            "visitors": possible_visitors(self._notes.personas, self._slug, said["visitor"]),
            "why": said[f"why_{visitor.role}"],
            "crossmarket": self._partner.url,
            "token": self._partner.user_token(visitor.user_id) if visitor.user_id else "",
            "exchanges": list(self._partner.exchanges),
            **content,
        }
        body = self._engine.get_template(name).render(Context(context))
        headers = [("Content-Security-Policy", self._policy), ("Cache-Control", "no-cache"), ("Vary", "Cookie")]
        return Reply(body.encode(), status, headers=headers)

    def _card(self, course: SiteCourse, language: str) -> dict[str, str]:
        return {
            "item_id": course.item_id,
            "title": course.title,
            "teacher": course.teacher,
            "category": course.category,
            "kind": kind_name(course.kind, language),
            "price": amount_in_words(course.price) if course.price else words(language)["free"],
        }
