"""`Services`: the parts of a running server, opened from its data folder.

<folder>/server.db      runs, history, users (or the database at a URL)
<folder>/files/         the bytes of uploaded files (or a bucket)
<folder>/secret         signs upload addresses and logins, mode 0600 (with PostgreSQL it is in the database)
<folder>/key            the key of the first user, mode 0600, for `wandb-nb login --local`
<folder>/url            the server's last address
"""

from __future__ import annotations

import logging
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from wandb_nb.errors import StoreError
from wandb_nb.lru import LRUDict
from wandb_nb.server.http.anonymous_accounts import AnonymousAccounts
from wandb_nb.server.http.key_limits import KeyLimits
from wandb_nb.server.http.login_limit import LoginLimit
from wandb_nb.server.http.page_pool import MAX_HEAVY_PAGES, MAX_HEAVY_PAGES_PER_USER, PagePool
from wandb_nb.server.http.post_turns import PostTurns
from wandb_nb.server.http.signing import Signer
from wandb_nb.server.live.run_cache import RunCache
from wandb_nb.server.live.sample_cache import SampleCache
from wandb_nb.server.live.subscriptions import Subscriptions
from wandb_nb.server.login_links import FIRST_USER
from wandb_nb.server.monitoring.request_metrics import RequestMetrics
from wandb_nb.server.query.bands.curve_cache import CurveCache
from wandb_nb.server.query.forest_fit import ForestCache
from wandb_nb.server.query.values_cache import ValuesCache
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.engine.sql_engine import SQLITE
from wandb_nb.server.storage.files.folder_store import FolderStore
from wandb_nb.server.storage.shared.signing_secret import shared_secret
from wandb_nb.server.storage.storage_errors import BusyError
from wandb_nb.server.storage.tables import users as users_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import URL
    from starlette.requests import Request

    from wandb_nb.server.storage.files.file_store import FileStore
    from wandb_nb.server.storage.files.s3_address import S3Address
    from wandb_nb.server.storage.files.signed_transfers import SignedTransfers
    from wandb_nb.server.storage.users import User

_MAX_RECENT_USERS = 10_000


@dataclass(frozen=True)
class Services:
    """The parts of one server."""

    database: Database
    store: FileStore
    signer: Signer
    folder: Path
    run_cache: RunCache
    login_limit: LoginLimit
    subscriptions: Subscriptions
    anonymous: AnonymousAccounts = field(default_factory=AnonymousAccounts)
    signed: SignedTransfers | None = None
    """Set if clients can reach the store themselves."""
    metrics: RequestMetrics = field(default_factory=RequestMetrics)
    key_limits: KeyLimits = field(default_factory=KeyLimits)
    recent_users: LRUDict[str, User] = field(default_factory=lambda: LRUDict(_MAX_RECENT_USERS))
    """Who had a key at its last use, by the key's hash. It decides who has to wait, never who may do what."""
    post_turns: PostTurns = field(default_factory=PostTurns)
    listed_values: ValuesCache = field(default_factory=ValuesCache)
    samples: SampleCache = field(default_factory=SampleCache)
    curves: CurveCache = field(default_factory=CurveCache)
    forests: ForestCache = field(default_factory=ForestCache)
    pages: PagePool = field(default_factory=PagePool)
    heavy_pages: PagePool = field(default_factory=lambda: PagePool(MAX_HEAVY_PAGES, MAX_HEAVY_PAGES_PER_USER))


def finish_deletion(services: Services, runs: Iterable[Any], blobs: Iterable[str]) -> None:
    """Drop from memory and disk what remains of deleted *runs*, whose files are *blobs*; call it after the commit."""
    discard_blobs(services, blobs)
    for run in runs:
        services.run_cache.drop(run.uid)


def discard_blobs(services: Services, blobs: Iterable[str]) -> None:
    """Delete *blobs*, to which nothing refers; what the store does not delete now, the hourly cleaning does."""
    try:
        services.store.delete(blobs)
    except (BusyError, OSError) as error:
        logging.getLogger(__name__).warning("files of deleted runs remain for now: %s", type(error).__name__)


def services_of(request: Request) -> Services:
    """Return the services of the server that answers *request*."""
    services: Services = request.app.state.services
    return services


def open_services(
    folder: Path, url: URL | None = None, *, anonymous: bool = False, bucket: S3Address | None = None
) -> Services:
    """Open the server's data in *folder*, creating it if needed; *url* selects a database outside the folder.

    With *anonymous* it gives anonymous accounts to programs without a key. With *bucket*, files are there.

    Raises:
        StoreError: The database was lost, is damaged, or is of a newer version.

    """
    subscriptions = Subscriptions()
    database = Database(database_url(folder, url), subscriptions.publish)
    signer = Signer(_signing_secret(database, folder).encode())
    _create_first_user(database, folder)
    store, signed = open_store(folder, bucket)
    return Services(
        database,
        store,
        signer,
        folder,
        RunCache(database, store),
        LoginLimit(database),
        subscriptions,
        AnonymousAccounts(enabled=anonymous),
        signed,
    )


def open_store(folder: Path, bucket: S3Address | None) -> tuple[FileStore, SignedTransfers | None]:
    """Return the store of uploaded files, and what signs its addresses; without *bucket* it is in *folder*.

    Raises:
        UsageError: The package for buckets is not installed, or refuses the address.

    """
    if bucket is None:
        return FolderStore(folder / "files"), None
    from wandb_nb.server.storage.files.s3_store import S3Store  # boto3 is needed only here
    from wandb_nb.server.storage.files.signed_transfers import SignedTransfers

    store = S3Store(bucket, folder)
    return store, SignedTransfers(store)


def database_url(folder: Path, url: URL | None) -> str | URL:
    """Return *url*, or the one of the database in *folder*, which is created if needed.

    Raises:
        StoreError: The database in the folder was lost.

    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if url is not None:
        return url
    _check_database_file(folder)
    path = folder / "server.db"
    path.touch(0o600)  # SQLite gives the files beside it the same mode
    return f"sqlite:///{path}"


def make_private(folder: Path) -> bool:
    """Let only the owner read the data in *folder*; return whether others could."""
    if not folder.stat().st_mode & 0o077:
        return False
    folder.chmod(0o700)
    for path in folder.glob("server.db*"):
        path.chmod(0o600)
    return True


def _check_database_file(folder: Path) -> None:
    """Refuse to begin anew where a server's database has been lost.

    Raises:
        StoreError: The database is empty or missing, but the key of its first user is there.

    """
    path = folder / "server.db"
    if (folder / "key").exists() and not (path.exists() and path.stat().st_size):
        raise StoreError(f"the server's database {path} is empty or missing; restore it, or use another data folder")


def _signing_secret(database: Database, folder: Path) -> str:
    """Return the secret, which all servers on one database share."""
    path, new = folder / "secret", secrets.token_hex(32)
    if database.engine.dialect.name == SQLITE:
        return _read_or_create(path, new)
    with database.write() as connection:
        return shared_secret(connection, path.read_text("utf-8").strip() if path.exists() else new)


def _create_first_user(database: Database, folder: Path) -> None:
    with database.write() as connection:
        if not connection.execute(select(func.count()).select_from(users_table)).scalar():
            key = _read_or_create(folder / "key", new_key())
            users.add_user(connection, FIRST_USER, key, admin=True)


def _read_or_create(path: Path, initial: str) -> str:
    """Return the text of the file *path*, which is created with *initial* and mode 0600 if it does not exist."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(initial)
    except FileExistsError:
        return path.read_text("utf-8").strip()
    return initial
