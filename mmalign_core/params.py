"""Declared parameters: one declaration gives validation, command-line options and the dashboard's forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
        """The value as the type of the default, or BadInput naming the parameter, its range and what was given."""
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
        """The row `list --json` prints."""
        return {k: getattr(self, k) for k in ("name", "default", "low", "high", "help")} | {
            "choices": list(self.choices)
        }


def param(
    default: Any, low: float | None = None, high: float | None = None, *, choices: Iterable[Any] = (), help: str
) -> Any:
    """Declare a parameter on a `Parametrised` class; its type is the default's."""
    return Param(default, low, high, tuple(choices), help)


class Parametrised:
    """Base of everything with declared parameters: `Threshold(threshold=0.3).params == {"threshold": 0.3}`."""

    def __init__(self, **values: Any) -> None:
        for name, value in self.parse_params(values).items():
            setattr(self, name, value)

    @classmethod
    def declared_params(cls) -> dict[str, Param]:
        """Name -> declaration, base classes first."""
        found: dict[str, Param] = {}
        for owner in reversed(cls.__mro__):
            found |= {name: p for name, p in vars(owner).items() if isinstance(p, Param)}
        return found

    @classmethod
    def parse_params(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as their declared types; BadInput for a name that is not declared or a value out of range."""
        declared = cls.declared_params()
        for name in values:
            if name not in declared:
                whose = getattr(cls, "name", cls.__name__)
                raise BadInput(f"unknown parameter '{name}'; {whose} takes: {', '.join(declared) or 'none'}")
        return {name: declared[name].parse(value) for name, value in values.items()}

    @classmethod
    def changed_params(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that differ from the defaults, in the order of declaration; BadInput as `parse_params`.

        One choice has one such form, however it was put.
        """
        parsed = cls.parse_params(values)
        return {n: parsed[n] for n, p in cls.declared_params().items() if n in parsed and parsed[n] != p.default}

    @property
    def params(self) -> dict[str, Any]:
        """The values in force."""
        return {name: getattr(self, name) for name in self.declared_params()}


def parse_assignments(assignments: Iterable[str]) -> Mapping[str, str]:
    """['k=v', …] from a command line as a mapping; BadInput on anything else, and for a name with two values."""
    found: dict[str, str] = {}
    for name, equals, value in (a.partition("=") for a in assignments):
        if not (name and equals):
            raise BadInput(f"'{name}' is not of the form name=value")
        if found.setdefault(name, value) != value:
            raise BadInput(f"'{name}' is given twice, as '{found[name]}' and as '{value}'; give it once")
    return found


def write_assignments(values: Mapping[str, Any]) -> str:
    """'k=v,…' in the order given, whole numbers without a point: what `parse_assignments` reads, piece by piece."""
    return ",".join(f"{name}={str(value).removesuffix('.0')}" for name, value in values.items())
