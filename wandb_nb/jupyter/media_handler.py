"""The route of a run's media files: pictures, sounds and videos, for the views of the run."""

from __future__ import annotations

import asyncio
import os
from pathlib import PurePosixPath

from jupyter_server.auth.decorator import authorized
from tornado import web

from wandb_nb.jupyter.byte_range import requested_range
from wandb_nb.jupyter.run_handlers import RunHandler, lookup_error
from wandb_nb.jupyter.stream_cache import UnknownRunError, WrongTokenError

CHUNK_BYTES = 1 << 20
NO_SUCH_FILE = 410  # not 404, by which a page learns that this server does not know the run
# Types that a browser shows and never executes. SVG and HTML are not among them: they may contain scripts.
_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".wav": "audio/wav",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".ogg": "application/ogg",
}


class MediaHandler(RunHandler):
    """`GET media?path=…`: one media file that a row of the run names."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with the file, or the part that `Range` names. Its name has its checksum: a browser may keep it."""
        path = self.get_query_argument("path")
        try:
            file = await self.runs.open_media(run_id, self.run_token, path)
        except (UnknownRunError, WrongTokenError) as error:
            raise lookup_error(error) from error
        if file is None:
            raise web.HTTPError(NO_SUCH_FILE, "no row of the run names this media file, or it was deleted")
        with file:
            size = os.fstat(file.fileno()).st_size
            part = self._set_range(size)
            self._set_headers(path, len(part))
            file.seek(part.start)
            left = len(part)
            while left > 0 and (chunk := await asyncio.to_thread(file.read, min(left, CHUNK_BYTES))):
                left -= len(chunk)
                self.write(chunk)
                await self.flush()
            await self.finish()

    def _set_range(self, size: int) -> range:
        """Return the bytes to answer with, and set the status and the headers that name them."""
        self.set_header("Accept-Ranges", "bytes")
        part = requested_range(self.request.headers.get("Range"), size)
        if part is None:
            return range(size)
        self.set_status(206 if part else 416)
        self.set_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}" if part else f"bytes */{size}")
        return part

    def _set_headers(self, path: str, length: int) -> None:
        self.set_header("Content-Type", _TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream"))
        self.set_header("Content-Length", str(length))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        self.set_header("Vary", "X-Wandb-Nb-Token")
