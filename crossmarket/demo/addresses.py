"""Where the demo's partner sites stand: on the ports next to CrossMarket's own."""

from collections.abc import Sequence
from dataclasses import dataclass

SITES = ("xuehai", "tingdao")
"""The platforms that have a demo site, in the order of their ports."""

HOSTS = ("localhost", "127.0.0.1")
"""The names under which a browser on this machine may open them."""


@dataclass(frozen=True)
class Addresses:
    """The addresses that follow from the port of CrossMarket itself."""

    port: int

    def site_port(self, slug: str) -> int | None:
        """The port of a platform's demo site; None for a platform without one."""
        return self.port + 1 + SITES.index(slug) if slug in SITES else None

    def site(self, slug: str) -> str:
        """The address of a platform's demo site without a slash at the end; "" for a platform without one."""
        port = self.site_port(slug)
        return f"http://{HOSTS[0]}:{port}" if port else ""

    def origins(self, slug: str) -> Sequence[str]:
        """Where browsers may call from in the platform's name."""
        port = self.site_port(slug)
        return [f"http://{host}:{port}" for host in HOSTS] if port else []

    def course(self, slug: str, item_id: str) -> str:
        """The page of a course on its platform's demo site; "" where there is none."""
        site = self.site(slug)
        return f"{site}/courses/{item_id}" if site else ""
