"""`ApiProject`: a project of this machine or a server, as the public API returns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.public_api.lazy_sequence import LazySequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.public_api.run_storage import ProjectAttributes, RunCatalog


class ApiProject:
    """A project: its `name`, `entity`, `id`, `created_at` in UTC, and the `url` of its page, empty on this machine."""

    def __init__(self, attributes: ProjectAttributes) -> None:
        self.name, self.entity, self.id = attributes.name, attributes.entity, attributes.id
        self.created_at, self.url = attributes.created_at, attributes.url

    @property
    def path(self) -> list[str]:
        """Entity and name."""
        return [self.entity, self.name]

    def __repr__(self) -> str:
        return f"<Project {'/'.join(self.path)}>"


class Projects(LazySequence[ApiProject]):
    """The projects of an entity, read when they are asked for."""

    def __init__(self, catalog: RunCatalog, entity: str) -> None:
        self._catalog, self.entity = catalog, entity
        super().__init__()

    def _items(self) -> Iterator[ApiProject]:
        return map(ApiProject, self._catalog.projects(self.entity))
