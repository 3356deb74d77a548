"""Addresses for those who operate the server: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from wandb_nb.server.http.authentication import user_by_request_key
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.storage_errors import BusyError, PermissionDeniedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.http.services import Services


async def healthz(_: Request) -> Response:
    """Answer that the process is alive; needs no key."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Answer whether runs can be stored now, else with status 503 and the part that fails; needs no key."""
    problems = await run_in_threadpool(_problems, services_of(request))
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


async def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus, to an administrator's key."""
    if not (await user_by_request_key(request)).admin:
        raise PermissionDeniedError("permission denied: the metrics need the key of an administrator")
    return Response(services_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _problems(services: Services) -> list[str]:
    """Return the parts that fail, without the reasons, which could contain paths and addresses."""
    problems = []
    try:
        with services.database.read() as connection:
            connection.execute(text("SELECT 1"))
    except (BusyError, SQLAlchemyError):
        problems.append("database")
    try:
        services.store.check()
    except (BusyError, OSError):
        problems.append("files")
    return problems


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
