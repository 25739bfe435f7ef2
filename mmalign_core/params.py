"""Declared parameters: validation, command-line options and the dashboard's forms come from one declaration."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from mmalign_core.registry import nearest_hint
from mmalign_core.types import BadInput


@dataclass
class Param:
    """One declared parameter; as a class attribute it is a descriptor that holds the validated value."""

    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    help: str = ""
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else instance.__dict__.get(self.name, self.default)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = self.parse(value)

    def parse(self, value: Any) -> Any:
        """Return the value as the default's type. Raises BadInput with the parameter, its range and the value."""
        parsed = self._convert(value)
        if self.choices and parsed not in self.choices:
            raise BadInput(f"{self.name}: {value!r} is not one of {', '.join(map(str, self.choices))}")
        if parsed != parsed:
            raise BadInput(f"{self.name}: {value!r} is not a number")
        below = self.low is not None and not parsed >= self.low
        above = self.high is not None and not parsed <= self.high
        if below or above:
            raise BadInput(f"{self.name}: {value!r} is outside {self.low} to {self.high}")
        return parsed

    def _convert(self, value: Any) -> Any:
        kind = type(self.default)
        if kind is bool and not isinstance(value, bool):
            words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            if str(value).lower() not in words:
                raise BadInput(f"{self.name}: {value!r} is not true or false")
            return words[str(value).lower()]
        if kind is int and (isinstance(value, bool) or (isinstance(value, float) and not value.is_integer())):
            raise BadInput(f"{self.name}: {value!r} is not a whole number")
        try:
            return kind(value)
        except (TypeError, ValueError) as error:
            raise BadInput(f"{self.name}: {value!r} is not of type {kind.__name__}") from error

    def describe(self) -> dict[str, Any]:
        """The JSON object of this parameter in the output of `list --json`."""
        return {k: getattr(self, k) for k in ("name", "default", "low", "high", "help")} | {
            "choices": list(self.choices)
        }


def param(
    default: Any, low: float | None = None, high: float | None = None, *, choices: Iterable[Any] = (), help: str
) -> Any:
    """Declare a parameter on a `Parametrised` class; its type is the default's."""
    return Param(default, low, high, tuple(choices), help)


class Parametrised:
    """Base class of objects with declared parameters, which are read and set in scikit-learn's manner.

    >>> class Nearest(Parametrised):
    ...     k: int = param(10, 1, 100, help="how many are kept")
    ...     weighted: bool = param(False, help="nearer ones count for more")
    >>> inspect.signature(Nearest)
    <Signature (*, k: int = 10, weighted: bool = False)>
    >>> Nearest(k=3), Nearest(k=3).set_params(weighted=True).get_params()
    (Nearest(k=3), {'k': 3, 'weighted': True})
    """

    __signature__: ClassVar[inspect.Signature]
    """The declared parameters with their types and defaults, as `inspect.signature` and notebooks show them."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__signature__ = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=p.default, annotation=type(p.default))
                for name, p in cls.declared_params().items()
            ]
        )

    def __init__(self, *unnamed: Any, **values: Any) -> None:
        if unnamed:
            raise TypeError(
                f"give the parameters of {type(self).__name__} by name: {type(self).__name__}{self.__signature__}"
            )
        for name, value in self.parse_params(values).items():
            setattr(self, name, value)

    @classmethod
    def declared_params(cls) -> dict[str, Param]:
        """Name -> declaration, base classes first."""
        declared: dict[str, Param] = {}
        for owner in reversed(cls.__mro__):
            declared |= {name: p for name, p in vars(owner).items() if isinstance(p, Param)}
        return declared

    @classmethod
    def parse_params(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as their declared types. Raises BadInput for an unknown name or a value out of range."""
        declared = cls.declared_params()
        for name in values:
            if name not in declared:
                whose = getattr(cls, "name", cls.__name__)
                hint = nearest_hint(name, declared)
                raise BadInput(f"unknown parameter '{name}'; {whose} takes: {', '.join(declared) or 'none'}{hint}")
        return {name: declared[name].parse(value) for name, value in values.items()}

    @classmethod
    def changed_params(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that differ from the defaults, in the order of declaration. Raises as `parse_params`.

        Equal choices give equal results, however their values are spelt.
        """
        parsed = cls.parse_params(values)
        return {n: parsed[n] for n, p in cls.declared_params().items() if n in parsed and parsed[n] != p.default}

    @property
    def params(self) -> dict[str, Any]:
        """The current values: name -> value."""
        return {name: getattr(self, name) for name in self.declared_params()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The current values, as `params`. `deep` has no effect, since no parameter is an estimator."""
        return self.params

    def set_params(self, **values: Any) -> Self:
        """Change these parameters; fitted values stay until the next fit. Raises as `parse_params`."""
        for name, value in self.parse_params(values).items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """The class with the parameters that differ from their defaults: 'Cca(dims=2)'."""
        changed = self.changed_params(self.params)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed.items())})"


def parse_assignments(assignments: Iterable[str]) -> Mapping[str, str]:
    """Return ['k=v', …] as a mapping. Raises BadInput for any other form, and for a name with two values."""
    values: dict[str, str] = {}
    for name, equals, value in (a.partition("=") for a in assignments):
        if not (name and equals):
            raise BadInput(f"'{name}' is not of the form name=value")
        if values.setdefault(name, value) != value:
            raise BadInput(f"'{name}' is given twice, as '{values[name]}' and as '{value}'; give it once")
    return values


def write_assignments(values: Mapping[str, Any]) -> str:
    """Return 'k=v,…' in the order of `values`, whole numbers without a point. `parse_assignments` reads the parts."""
    return ",".join(f"{name}={str(value).removesuffix('.0')}" for name, value in values.items())
