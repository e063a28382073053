"""A demo partner's site by itself: any request gets a sensible reply, whether CrossMarket is there or not."""

import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from crossmarket.demo.catalogue import SiteCourse
from crossmarket.demo.notes import DemoNotes, Persona, PlatformKeys
from crossmarket.demo.site.application import DemoSite
from crossmarket.demo.site.http import wsgi

NOBODY_THERE = "http://127.0.0.1:9"
SECRET = "a-signing-secret-that-is-long-enough"
SITE = PlatformKeys("xuehai", "学海课堂", "sk_1", "pk_1", SECRET, "http://localhost:8001")
OTHER = PlatformKeys("tingdao", "听道", "sk_2", "pk_2", SECRET, "http://localhost:8002")
JOINED = Persona("joined", "林晓", {"xuehai": "xh1", "tingdao": "u1"}, linked=True, consenting=True)
ELSEWHERE = Persona("apart", "周远", {"tingdao": "u2"}, linked=False, consenting=False)


def course(number: int, category: str = "编程开发") -> SiteCourse:
    title = "<script>alert(1)</script>" if number == 0 else f"第 {number} 课"
    published = datetime(2026, 1, 1 + number, tzinfo=UTC)
    return SiteCourse(f"C{number}", title, "course", category, ["Python"], 9_950, "林一", "", "zh", "", published)


@pytest.fixture
def site() -> DemoSite:
    notes = DemoNotes(8000, [], [SITE, OTHER], [JOINED, ELSEWHERE])
    courses = [*(course(number) for number in range(13)), course(13, "摄影 & 绘画")]
    return DemoSite("xuehai", notes, courses, NOBODY_THERE)


class Answer:
    """What came back from the WSGI application."""

    def __init__(self, site: DemoSite, method: str, address: str, body: str = "", **headers: str) -> None:
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body.encode())),
            "wsgi.input": io.BytesIO(body.encode()),
            **headers,
        }
        self.text = b"".join(wsgi(site.answer)(environ, self._start)).decode()

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = int(status.split(maxsplit=1)[0]), dict(headers)


def test_courses_stand_in_the_order_of_the_catalogue_on_as_many_pages_as_they_need(site: DemoSite) -> None:
    first, second = Answer(site, "GET", "/"), Answer(site, "GET", "/?page=2")
    assert first.text.index("第 1 课<") < first.text.index("第 2 课<")
    assert "第 12 课<" not in first.text
    assert "第 12 课<" in second.text
    for odd in ("0", "-1", "99", "x", "٣", "9" * 5_000):
        assert Answer(site, "GET", f"/?page={odd}").status == 200


def test_a_category_shows_its_courses_only(site: DemoSite) -> None:
    answer = Answer(site, "GET", f"/?category={quote('摄影 & 绘画')}")
    assert "第 13 课" in answer.text
    assert "第 12 课" not in answer.text


def test_changing_the_person_comes_back_to_the_same_place(site: DemoSite) -> None:
    place = f"/?category={quote('摄影 & 绘画')}"
    back = "/?category=%E6%91%84%E5%BD%B1+%26+%E7%BB%98%E7%94%BB"
    assert f'value="{back}"' in Answer(site, "GET", place).text
    answer = Answer(site, "POST", "/visit-as", f"role=visitor&next={quote(back)}")
    assert (answer.status, answer.headers["Location"]) == (303, back)
    assert answer.headers["Set-Cookie"].startswith("xuehai_visitor=visitor;")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""])
def test_nobody_is_sent_to_another_site(site: DemoSite, elsewhere: str) -> None:
    answer = Answer(site, "POST", "/language", f"language=en&next={quote(elsewhere, safe='')}")
    assert answer.headers["Location"] == "/"


def test_titles_cannot_do_anything(site: DemoSite) -> None:
    assert "<script>alert" not in Answer(site, "GET", "/courses/C0").text


def test_only_those_with_an_account_here_can_be_chosen(site: DemoSite) -> None:
    text = Answer(site, "GET", "/").text
    assert "林晓" in text
    assert "周远" not in text
    assert 'value="visitor"' in text


def test_the_widget_gets_a_token_of_the_person_and_of_nobody_else(site: DemoSite) -> None:
    token = Answer(site, "GET", "/token").text
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == "xh1"
    visitor = {"HTTP_COOKIE": "xuehai_visitor=visitor"}
    assert Answer(site, "GET", "/token", **visitor).text == ""
    assert "data-user-token" not in Answer(site, "GET", "/", **visitor).text
    for page in ("/", "/courses/C1"):
        text = Answer(site, "GET", page).text
        assert SITE.publishable_key in text
        assert SITE.secret_key not in text
        assert SECRET not in text


def test_without_crossmarket_courses_open_and_the_panel_says_why(site: DemoSite) -> None:
    answer = Answer(site, "GET", "/courses/C1")
    assert answer.status == 200
    assert "第 1 课" in answer.text
    assert f"{NOBODY_THERE}: " in answer.text
    order = Answer(site, "POST", "/courses/C1/buy").headers["Location"]
    assert Answer(site, "GET", order).status == 200
    assert Answer(site, "POST", f"{order}/check", "codes=LEARN10").headers["Location"] == order
    assert NOBODY_THERE in Answer(site, "GET", order).text
    assert Answer(site, "POST", f"{order}/pay").headers["Location"] == "/courses/C1?done=buy"


def test_an_order_is_its_buyers_alone(site: DemoSite) -> None:
    order = Answer(site, "POST", "/courses/C1/buy").headers["Location"]
    somebody = {"HTTP_COOKIE": "xuehai_visitor=visitor"}
    assert Answer(site, "GET", order, **somebody).status == 404
    assert Answer(site, "POST", f"{order}/pay", **somebody).status == 404
    assert Answer(site, "POST", "/courses/C1/buy", **somebody).headers["Location"] == "/courses/C1"


def test_what_is_not_there_is_said_in_the_visitors_language(site: DemoSite) -> None:
    for address in (
        "/nothing",
        "/courses/none",
        "/courses/C1/",
        "/covers/none.svg",
        "/static/none.css",
        "/static/../x",
    ):
        answer = Answer(site, "GET", address, HTTP_ACCEPT_LANGUAGE="en-GB,en")
        assert answer.status == 404, address
        assert "There is no such course here." in answer.text
    assert Answer(site, "POST", "/courses/none/like").status == 404


def test_other_methods_are_refused_and_odd_requests_survived(site: DemoSite) -> None:
    assert Answer(site, "POST", "/").status == 405
    assert Answer(site, "GET", "/visit-as").status == 405
    assert Answer(site, "HEAD", "/").text == ""
    assert Answer(site, "GET", "/", HTTP_COOKIE='a=b; "; =; \x00').status == 200
    assert Answer(site, "POST", "/visit-as", "role=" + "x" * 50_000).status == 303
    assert Answer(site, "POST", "/visit-as", CONTENT_LENGTH="many").status == 303


def test_covers_styles_and_scripts_come_from_the_site_itself(site: DemoSite) -> None:
    assert Answer(site, "GET", "/covers/C1.svg").headers["Content-Type"] == "image/svg+xml"
    for name in ("site.css", "xuehai.css", "tingdao.css", "site.js"):
        assert Answer(site, "GET", f"/static/{name}").status == 200
    policy = Answer(site, "GET", "/").headers["Content-Security-Policy"]
    assert f"script-src 'self' {NOBODY_THERE};" in policy
    assert "unsafe" not in policy


def test_the_site_knows_nothing_of_the_database() -> None:
    code = (
        "import sys, crossmarket.demo.site.application; "
        "sys.exit(any(name.endswith('.models') and name.split('.')[0] in ('accounts', 'profiles', 'recommend') "
        "for name in sys.modules))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
