"""Covers are drawn the same every time, readable, and safe whatever the title holds."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.cover_text import ELLIPSIS, set_title, width
from profiles.covers import GROUNDS, draw_cover, ground_of

SVG = "{http://www.w3.org/2000/svg}"
SIZES = ((60, 2), (40, 3))


def lines_of(title: str, words: tuple[str, ...] = ()) -> tuple[str, ...]:
    return set_title(title, 480, SIZES, words).lines


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_course_keeps_its_cover() -> None:
    assert draw_cover("线性代数", "考试升学", "course") == draw_cover("线性代数", "考试升学", "course")


def test_courses_of_a_category_share_a_colour_and_differ_in_pattern() -> None:
    covers = {draw_cover(title, "人工智能", "video") for title in ("决策树", "神经网络", "聚类分析")}
    assert len(covers) == 3
    assert all(ground_of("人工智能") in cover for cover in covers)


def test_white_letters_are_readable_on_every_ground() -> None:
    assert all(1.05 / (luminance(ground) + 0.05) >= 4.5 for ground in GROUNDS)


@given(title=st.text(max_size=300), category=st.text(max_size=300), kind=st.text(max_size=20))
def test_any_text_gives_a_well_formed_picture_without_foreign_elements(title: str, category: str, kind: str) -> None:
    drawn = ElementTree.fromstring(draw_cover(title, category, kind, [category]))
    assert {element.tag for element in drawn.iter()} <= {
        SVG + name
        for name in (
            *("svg", "title", "defs", "linearGradient", "stop", "rect", "g"),
            *("circle", "path", "polygon", "text", "tspan"),
        )
    }


def test_markup_in_a_title_is_shown_and_not_obeyed() -> None:
    drawn = ElementTree.fromstring(draw_cover("</text><script>alert(1)</script>", "", ""))
    assert not list(drawn.iter(SVG + "script"))
    assert "<script>" in "".join(drawn.itertext())


@given(st.text(alphabet="数据科学abcdef ：，（）《》—…1", min_size=1, max_size=200))
def test_lines_fit_and_lose_nothing_but_what_the_ellipsis_stands_for(title: str) -> None:
    setting = set_title(title, 480, SIZES)
    assert len(setting.lines) <= 3
    assert all(width(line) * setting.size <= 480 + 1e-6 for line in setting.lines)
    shown, whole = ("".join("".join(text).split()) for text in (setting.lines, title))
    assert whole.startswith(shown.removesuffix(ELLIPSIS)) if shown.endswith(ELLIPSIS) else shown == whole


def test_lines_end_at_a_pause_rather_than_anywhere() -> None:
    assert lines_of("正念减压：三个真实故事") == ("正念减压：", "三个真实故事")


def test_words_of_a_title_stay_whole() -> None:
    assert lines_of("对话系统音频二十一讲", ("对话系统",)) == ("对话系统", "音频二十一讲")
    assert all("Networks" in line or "Net" not in line for line in lines_of("Convolutional Networks in Depth"))


@pytest.mark.parametrize(
    "title", ["数据（上）与算法（下），一次讲完：从零开始", "他说“学习要趁早”，她说“什么时候都不晚”"]
)
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(title: str) -> None:
    for line, following in pairwise(lines_of(title)):
        assert line[-1] not in "（“《"
        assert following[0] not in "），：”》"
