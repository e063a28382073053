"""The widget's script, put together from its parts once per process and served to any site."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
    style = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", _part("style.css"), flags=re.DOTALL)).strip()
    css = f"const CSS = {json.dumps(style, ensure_ascii=False)};\n"
    body = "\n".join([css, _part("words.js"), _part("parts.js"), _part("element.js"), _part("snippet.js")])
    plain = f'{_part("header.js")}(() => {{\n"use strict";\n\n{body}}})();\n'.encode()
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


def _part(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")
