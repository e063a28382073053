"""The widget's script, put together from its parts once per process and served to any site.

What it shows are kinds, each in a file that adds itself to `KINDS` (`source/parts.js`): recommendations here, those of
other rooms where `WIDGET_KINDS` of the settings says. A style sheet of the same name goes with each.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

SOURCE = Path(__file__).parent / "source"
CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=86400"


@dataclass(frozen=True)
class Script:
    """The script as it is sent: plain, compressed, and the tag that says which edition it is."""

    plain: bytes
    compressed: bytes
    etag: str


@cache
def script() -> Script:
    """The whole widget as one self-contained script."""
    kinds = [SOURCE / "recommendations.js", *map(Path, settings.WIDGET_KINDS)]
    sheets = [SOURCE / "style.css", *(kind.with_suffix(".css") for kind in kinds if kind.with_suffix(".css").exists())]
    css = f"const CSS = {json.dumps(_bare(''.join(map(_read, sheets))), ensure_ascii=False)};\n"
    frame = [SOURCE / f"{name}.js" for name in ("words", "parts", "frame")]
    parts = [*frame, *kinds, SOURCE / "element.js", SOURCE / "snippet.js"]
    body = "\n".join([css, *(_without_comments(_read(part)) for part in parts)])
    plain = f'{_read(SOURCE / "header.js")}(() => {{\n"use strict";\n\n{body}}})();\n'.encode()
    etag = f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"'
    return Script(plain, gzip.compress(plain, compresslevel=9, mtime=0), etag)


@require_safe
def widget(request: HttpRequest) -> HttpResponse:
    """Send the script; compressed to whoever can read that, not at all to whoever has it."""
    made = script()
    if made.etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponse = HttpResponseNotModified()
    elif re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", "")):
        response = HttpResponse(made.compressed, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(made.plain)
    if response.status_code == 200:
        response["Content-Type"] = "text/javascript; charset=utf-8"
    response["ETag"] = made.etag
    response["Cache-Control"] = CACHE_CONTROL
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _bare(style: str) -> str:
    """A style sheet without comments and line ends."""
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)).strip()


def _without_comments(code: str) -> str:
    """A script without what its authors tell one another: comments that begin a line."""
    return re.sub(r"^ */\*\*.*?\*/\n", "", code, flags=re.DOTALL | re.MULTILINE)
