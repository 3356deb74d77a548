"""One setting: a descriptor with name, value type, default, environment variables and meaning.

`Field` objects are in the body of `Fields` (see `fields.py`), so one line there is the declaration of a setting, its
documentation and the typed attribute of `Settings` and `Resolved`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from wandb_nb.errors import SettingsError

if TYPE_CHECKING:
    from wandb_nb.settings.value_types import ValueType

T = TypeVar("T")
D = TypeVar("D")


class SettingsOwner(Protocol):
    """An object with settings: values by name, and a method that sets or refuses them."""

    _values: dict[str, Any]

    def _assign(self, name: str, value: Any) -> None: ...


class Field(Generic[T, D]):
    """A setting of type T with default D (None: not set).

    *argument* is its name as an argument of `init()` if that differs, *env* the variables that set it besides
    `WANDB_<NAME>`, *aliases* further names for it in code. The value of a *secret* is never shown.
    """

    @overload
    def __init__(
        self: Field[T, T],
        kind: ValueType[T],
        default: T,
        doc: str,
        *,
        argument: str = ...,
        env: tuple[str, ...] = ...,
        aliases: tuple[str, ...] = ...,
        secret: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Field[T, None],
        kind: ValueType[T],
        default: None,
        doc: str,
        *,
        argument: str = ...,
        env: tuple[str, ...] = ...,
        aliases: tuple[str, ...] = ...,
        secret: bool = ...,
    ) -> None: ...
    def __init__(
        self: Field[T, Any],
        kind: ValueType[T],
        default: Any,
        doc: str,
        *,
        argument: str = "",
        env: tuple[str, ...] = (),
        aliases: tuple[str, ...] = (),
        secret: bool = False,
    ) -> None:
        self.kind = kind
        self.default = default
        self.doc = doc
        self.argument = argument
        self.env = env
        self.aliases = aliases
        self.secret = secret
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        upper = name.upper()
        internal = (f"WANDB_{upper[1:]}",) if name.startswith("x_") else ()
        self.env = tuple(dict.fromkeys((*self.env, *internal, f"WANDB_{upper}")))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of this setting in code, the main one first."""
        older = (self.name[1:],) if self.name.startswith("x_") else ()  # the older spelling `_disable_stats`
        return (self.name, *((self.argument,) if self.argument else ()), *self.aliases, *older)

    def parse(self, value: Any, origin: str, *, text: bool = False) -> T:
        """Return *value* in the setting's type; SettingsError, with setting and *origin*, if it is invalid."""
        try:
            return self.kind.from_text(value) if text else self.kind.parse(value)
        except ValueError as error:
            raise SettingsError(f"The setting {self.name!r} ({origin}) {error}.") from None

    @overload
    def __get__(self, holder: None, owner: type) -> Field[T, D]: ...
    @overload
    def __get__(self, holder: SettingsOwner, owner: type) -> T | D: ...
    def __get__(self, holder: SettingsOwner | None, owner: type) -> Field[T, D] | T | D:
        if holder is None:
            return self
        value: T | D = holder._values.get(self.name, self.default)  # noqa: SLF001 -- descriptor and owner belong together
        return value

    def __set__(self, holder: SettingsOwner, value: T | D) -> None:
        holder._assign(self.name, value)  # noqa: SLF001 -- descriptor and owner belong together
