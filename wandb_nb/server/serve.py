"""`serve`: the server's process, from its folder to its last request."""

from __future__ import annotations

import socket
import webbrowser
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import uvicorn

from wandb_nb.errors import UsageError
from wandb_nb.server.app import create_app
from wandb_nb.server.http.services import open_services
from wandb_nb.server.process import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wandb_nb.server.live.subscriptions import Subscriptions

_GRACE_S = 10
_BACKLOG = 128


def serve(  # noqa: PLR0917 - what the command's options say
    folder: Path,
    host: str,
    port: int,
    names: Sequence[str] = (),
    open_browser: bool = False,
    tell: Callable[[str], object] = print,
) -> None:
    """Serve what lies in *folder* at *host* and *port* (0: any free one) until SIGINT or SIGTERM; then end in order.

    *names* are host names that the server answers to, besides *host* and the loopback names. UsageError where the
    port is taken or the host is not of this machine.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with serving(folder), closing(_listen(host, port)) as listener:
        services = open_services(folder)
        url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        try:
            (folder / "url").write_text(url + "\n", "utf-8")
            tell(f"wandb-nb server: {url}  (data in {folder}; Ctrl-C ends it)")
            tell(f"To log runs here: wandb-nb login --local --dir {folder}, then WANDB_BASE_URL={url}")
            tell(f"To look at them: open {url} and log in with the key in {folder / 'key'}")
            if open_browser:
                webbrowser.open(url)
            app = create_app(services, (host, *names))
            settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S, server_header=False)
            with suppress(KeyboardInterrupt):  # raised again when all has ended in order
                _Server(settings, services.changes).run([listener])
        finally:
            services.database.close()


class _Server(uvicorn.Server):
    """Lets open pages go when it ends, which would else be waited for."""

    def __init__(self, config: uvicorn.Config, changes: Subscriptions) -> None:
        super().__init__(config)
        self._changes = changes

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._changes.close()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP: asyncio sends small answers at once on such sockets only, on others 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"The server cannot listen at {host}, port {port}: {error.strerror or error}. Choose another with --port."
        ) from error
    return listener
