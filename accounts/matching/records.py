"""What is compared of an account: a few traits, in whatever words a platform tells them, made alike."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

NAMES = {
    "name": ("name", "full_name", "real_name", "nickname", "姓名", "昵称"),
    "city": ("city", "城市"),
    "birth_year": ("birth_year", "birthday", "birth_date", "date_of_birth", "出生年份", "生日"),
    "language": ("language", "lang", "locale", "语言"),
    "devices": ("device_ids", "device_id", "devices", "device", "设备"),
}
"""Under which names platforms tell a trait; the first that is told counts."""
YEAR = re.compile(r"^(19|20)\d\d(?!\d)")
MOST_DEVICES = 20
MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Record:
    """An account as it is compared; what is not known is empty, 0 or None.

    `learning` is how much of what the account did was about each subject, summing to 1.
    """

    key: int
    platform: int
    email: str = ""
    phone: str = ""
    name: str = ""
    city: str = ""
    birth_year: int = 0
    language: str = ""
    devices: frozenset[str] = frozenset()
    learning: Mapping[str, float] | None = field(default=None, compare=False)


def record(key: int, platform: int, traits: Mapping[str, Any], email: str = "", phone: str = "") -> Record:
    """The record of an account with these traits, as its platform tells them, and digests of contacts."""
    year = YEAR.match(_text(traits, "birth_year"))
    return Record(
        key=key,
        platform=platform,
        email=email,
        phone=phone,
        name=plain(_text(traits, "name")),
        city=plain(_text(traits, "city")).removesuffix("市"),
        birth_year=int(year[0]) if year else 0,
        language=re.split(r"[-_]", _text(traits, "language").lower())[0],
        devices=frozenset(_texts(traits, "devices")),
    )


def plain(text: str) -> str:
    """A text without what people write now one way and now another: capitals, width, blanks and marks."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


def block_keys(of: Record) -> Iterator[int]:
    """Under what an account may be found by another one: pairs without any of these in common are never compared."""
    kinds: list[tuple[object, ...]] = [("device", each) for each in of.devices]
    kinds += [("email", of.email)] if of.email else []
    kinds += [("phone", of.phone)] if of.phone else []
    kinds += [("name", of.name)] if of.name else []
    if of.birth_year and of.name:
        kinds.append(("born", of.birth_year, of.name[:1]))
    if of.birth_year and of.city:
        kinds.append(("from", of.birth_year, of.city, of.language))
    for kind in kinds:
        yield hashed(*kind)


def hashed(*parts: object) -> int:
    """A number of 63 bits for a value."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


def _text(traits: Mapping[str, Any], trait: str) -> str:
    return next(iter(_texts(traits, trait)), "")


def _texts(traits: Mapping[str, Any], trait: str) -> list[str]:
    """What is told of a trait; platforms send anything, so what is no text or number is as good as nothing."""
    for name in NAMES[trait]:
        told = traits.get(name)
        several = told if isinstance(told, list) else [told]
        texts = [str(each)[:MOST_CHARACTERS].strip() for each in several[:MOST_DEVICES] if isinstance(each, str | int)]
        if any(texts):
            return [text for text in texts if text]
    return []
