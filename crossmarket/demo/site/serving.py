"""Running a demo site: one process with threads, under the same web server as CrossMarket."""

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from crossmarket.demo.catalogue import read_site_file
from crossmarket.demo.notes import read
from crossmarket.demo.site.application import DemoSite
from crossmarket.demo.site.http import wsgi

THREADS = 8


class NoDemo(Exception):
    """No demo with such a site is in the data folder; the message says what to do."""


def demo_site(slug: str, crossmarket_url: str) -> DemoSite:
    """The site of a platform, from the files of this data folder. Raises `NoDemo`."""
    try:
        notes = read()
        if notes is None:
            raise FileNotFoundError
        return DemoSite(slug, notes, read_site_file(slug), crossmarket_url.rstrip("/"))
    except (FileNotFoundError, KeyError):
        raise NoDemo(
            f"There is no demo site {slug} in this data folder. Run `manage.py seed_demo` on an empty database first."
        ) from None


def serve(site: DemoSite, host: str, port: int) -> None:
    """Answer until told to end."""
    _Server(site, f"[{host}]:{port}" if ":" in host else f"{host}:{port}").run()


class _Server(BaseApplication):
    def __init__(self, site: DemoSite, address: str) -> None:
        self._site, self._address = site, address
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", self._address)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", THREADS)
        self.cfg.set("preload_app", True)
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("proc_name", "crossmarket-demo-site")

    def load(self) -> object:
        return wsgi(self._site.answer)
