"""A web site that is not ours, for pages that embed the widget."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>A site of its own</title>{head}</head>
<body><h1>A site of its own</h1>{body}</body></html>"""


@dataclass
class ForeignSite:
    """A site on a port of its own: what it shows at each path, and with which headers."""

    url: str
    pages: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def show(self, body: str, head: str = "") -> str:
        """Have a page with this content; returns its address."""
        path = f"/page-{len(self.pages)}"
        self.pages[path] = PAGE.format(head=head, body=body).encode()
        return self.url + path


@pytest.fixture
def foreign_site() -> Iterator[ForeignSite]:
    """A running foreign site; paths it does not know show an empty page, so that links lead somewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.pages.get(self.path, PAGE.format(head="", body="").encode())
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = ForeignSite(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
