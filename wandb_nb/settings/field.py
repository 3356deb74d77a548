"""One setting: a descriptor that knows its name, form, default, variables and meaning.

`Field` objects stand in the body of `Fields` (see `fields.py`), so that one line there is the setting's declaration,
its documentation and the typed attribute that `Settings` and `Resolved` have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from wandb_nb.errors import SettingsError

if TYPE_CHECKING:
    from wandb_nb.settings.value_types import ValueType

T = TypeVar("T")
D = TypeVar("D")


class Holder(Protocol):
    """What has settings: values by name, and a say in whether they may be set."""

    _values: dict[str, Any]

    def _assign(self, name: str, value: Any) -> None: ...


class Field(Generic[T, D]):
    """A setting of kind T with a default D (None: nothing is set).

    *argument* is its name as an argument of `init()` where that differs, *env* the variables that set it besides
    `WANDB_<NAME>`, *also* further names under which code may give it. The value of a *secret* is never shown.
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
        also: tuple[str, ...] = ...,
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
        also: tuple[str, ...] = ...,
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
        also: tuple[str, ...] = (),
        secret: bool = False,
    ) -> None:
        self.kind = kind
        self.default = default
        self.doc = doc
        self.argument = argument
        self.env = env
        self.also = also
        self.secret = secret
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        upper = name.upper()
        internal = (f"WANDB_{upper[1:]}",) if name.startswith("x_") else ()
        self.env = tuple(dict.fromkeys((*self.env, *internal, f"WANDB_{upper}")))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that code may use for this setting, the proper one first."""
        older = (self.name[1:],) if self.name.startswith("x_") else ()  # `_disable_stats`, as it was spelled once
        return (self.name, *((self.argument,) if self.argument else ()), *self.also, *older)

    def parse(self, value: Any, origin: str, *, text: bool = False) -> T:
        """Return *value* in the setting's form, or raise SettingsError naming setting and *origin*."""
        try:
            return self.kind.from_text(value) if text else self.kind.parse(value)
        except ValueError as error:
            raise SettingsError(f"The setting {self.name!r} ({origin}) {error}.") from None

    @overload
    def __get__(self, holder: None, owner: type) -> Field[T, D]: ...
    @overload
    def __get__(self, holder: Holder, owner: type) -> T | D: ...
    def __get__(self, holder: Holder | None, owner: type) -> Field[T, D] | T | D:
        if holder is None:
            return self
        value: T | D = holder._values.get(self.name, self.default)  # noqa: SLF001 - the two are one construction
        return value

    def __set__(self, holder: Holder, value: T | D) -> None:
        holder._assign(self.name, value)  # noqa: SLF001 - the two are one construction
