"""What the demo has to be known by: logins, keys, and the persons whom the partner sites let visitors play.

The notes lie in the data folder of the demo, readable by its owner only. They are what a partner would have written
down from the admin; the partner sites know CrossMarket by nothing else.
"""

from pathlib import Path

import msgspec

from crossmarket import embedded


class DemoLogin(msgspec.Struct, frozen=True):
    """Someone who can sign in to CrossMarket; `role` is admin, marketer, joined, apart or new."""

    role: str
    email: str
    password: str


class PlatformKeys(msgspec.Struct, frozen=True):
    """What a platform needs to call CrossMarket; `site` is the address of its demo site, "" for none."""

    slug: str
    name: str
    secret_key: str
    publishable_key: str
    signing_secret: str
    site: str = ""


class Persona(msgspec.Struct, frozen=True):
    """Someone to visit the partner sites as: the account on each platform, by slug, and whether they are one person.

    `consenting` says whether the platforms may combine what they know.
    """

    role: str
    name: str
    external_ids: dict[str, str]
    linked: bool
    consenting: bool


class DemoNotes(msgspec.Struct, frozen=True):
    """All of it; `port` is the port of CrossMarket that the addresses were made for."""

    port: int
    logins: list[DemoLogin]
    platforms: list[PlatformKeys]
    personas: list[Persona]

    def platform(self, slug: str) -> PlatformKeys:
        """The keys of one platform. Raises KeyError."""
        return {platform.slug: platform for platform in self.platforms}[slug]


def path() -> Path:
    """Where the notes of this data folder lie."""
    return embedded.data_folder() / "demo.json"


def write(notes: DemoNotes) -> None:
    """Keep the notes, for the owner's eyes only."""
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(notes), indent=2))
    fresh.replace(place)


def read() -> DemoNotes | None:
    """The notes of this data folder; None when it holds no demo."""
    try:
        return msgspec.json.decode(path().read_bytes(), type=DemoNotes)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
