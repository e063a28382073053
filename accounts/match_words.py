"""What speaks for and against two accounts being one person, in words."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[tuple[str, str], Promise] = {
    ("email", "same"): _("same e-mail address"),
    ("email", "other"): _("another e-mail address"),
    ("phone", "same"): _("same phone number"),
    ("phone", "other"): _("another phone number"),
    ("name", "same"): _("same name"),
    ("name", "similar"): _("similar names"),
    ("name", "other"): _("another name"),
    ("city", "same"): _("same city"),
    ("city", "other"): _("another city"),
    ("birth_year", "same"): _("born in the same year"),
    ("birth_year", "near"): _("born a year apart"),
    ("birth_year", "other"): _("born in other years"),
    ("language", "same"): _("same language"),
    ("language", "other"): _("another language"),
    ("device", "same"): _("a device in common"),
    ("device", "other"): _("no device in common"),
    ("learning", "same"): _("learn about the same"),
    ("learning", "similar"): _("learn about similar things"),
    ("learning", "other"): _("learn about other things"),
}
"""By field and level."""

Evidence = Iterable[tuple[str, str, float | None]]


def speaks_for(evidence: Evidence) -> list[str]:
    """What makes it more likely, the strongest first."""
    pro = [each for each in evidence if each[2] is None or each[2] > 0]
    return [_words(each) for each in sorted(pro, key=lambda each: -(each[2] or 0.0))]


def speaks_against(evidence: Evidence) -> list[str]:
    """What makes it less likely, the strongest first."""
    contra = [each for each in evidence if each[2] is not None and each[2] < 0]
    return [_words(each) for each in sorted(contra, key=lambda each: each[2] or 0.0)]


def _words(each: tuple[str, str, float | None]) -> str:
    return str(WORDS.get((each[0], each[1]), f"{each[0]}: {each[1]}"))
