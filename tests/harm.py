"""What hostile media do to a page, and another server that notices whoever connects."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SCRIPT = r"""root => {
    const all = (selector) => [...document.querySelectorAll(`${root} :is(${selector})`)];
    const foreign = /^(?!blob:|data:image|https?:..127.0.0.1|[/?#]|[\w.]*$)/;
    const attributes = ['src', 'href', 'poster', 'data', 'action', 'background'];
    const forbidden = 'script, object, embed, base, link, meta, use, image, foreignObject, iframe:not(.wnb-media-frame), a:not(.wnb-run-link), form:not(.vega-bindings)';
    return {
        harmed: window.harmed ?? null,
        elements: all(forbidden).map(one => one.outerHTML.slice(0, 200)),
        handlers: all('*').flatMap(one => one.getAttributeNames().filter(name => name.startsWith('on'))),
        addresses: all('*').flatMap(one => attributes.map(name => one.getAttribute(name)).filter(value => value !== null && foreign.test(value))),
        styles: all('[style]').map(one => one.getAttribute('style')).filter(style => /url|import/.test(style)),
    };
}"""  # noqa: E501 -- one selector, one filter
HARMLESS = {"harmed": None, "elements": [], "handlers": [], "addresses": [], "styles": [], "frames": []}
"""What `harm` returns for a page to which nothing was done."""


def harm(page: Page, root: str = ".wnb") -> dict[str, Any]:
    """Return what was done to a page and its frames: variables, and elements and addresses below *root*."""
    frames = [frame.evaluate("() => window.harmed ?? null") for frame in page.frames]
    return {**page.evaluate(_SCRIPT, root), "frames": [value for value in frames if value is not None]}


class Listener:
    """Another server that notices connections: a browser may connect without a request."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.requests: list[bytes] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            with connection:
                connection.settimeout(0.5)
                try:
                    self.requests.append(connection.recv(200))
                except OSError as error:  # no request
                    self.requests.append(str(error).encode())

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
