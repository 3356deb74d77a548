"""The scripts and the style sheet of the pages: compressed, and sent once."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from visiting import Site


@pytest.mark.parametrize(("name", "media_type"), [("server.js", "text/javascript"), ("style.css", "text/css")])
def test_assets_are_compressed_and_sent_once(site: Site, name: str, media_type: str) -> None:
    """A browser gets a third of the bytes, and none for a copy that is the newest; a client without gzip gets all."""
    url = f"{site.url}/static/{name}"
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip, br"}) as packed:
        body = b"".join(packed.iter_raw())
    again = httpx.get(url, headers={"If-None-Match": packed.headers["ETag"]})
    other = httpx.get(url, headers={"If-None-Match": 'W/"another"'})

    assert plain.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain.content
    assert len(body) < 0.4 * len(plain.content)
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, plain.content)
    for answer in (plain, packed, again):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "no-cache"


def test_nothing_else_is_an_asset(site: Site) -> None:
    """Names that are not those of an asset are not found, whatever file they lead to."""
    for name in ("widget.js", "..%2f__init__.py", "%2e%2e", "constructor"):
        assert httpx.get(f"{site.url}/static/{name}").status_code == 404
