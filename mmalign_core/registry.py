"""Registries that find their members by importing every file of a package on first use."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from mmalign_core.types import BadInput

T = TypeVar("T")


class Registry(Generic[T]):
    """Name -> class. `kind` is the word errors use; `package` is the dotted package whose files hold the members."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self.package = kind, package
        self._members: dict[str, type[T]] = {}
        self._discovered = False

    def register(self, name: str) -> Callable[[type[Any]], type[Any]]:
        """Class decorator that gives the class its name; a name taken twice is a ValueError."""

        def add(cls: type[Any]) -> type[Any]:
            if name in self._members:
                raise ValueError(
                    f"two {self.kind}s are called '{name}': {self._members[name].__name__} and {cls.__name__}"
                )
            cls.name = name
            self._members[name] = cls
            return cls

        return add

    def names(self) -> tuple[str, ...]:
        """Every registered name, sorted."""
        self._discover()
        return tuple(sorted(self._members))

    def get(self, name: str) -> type[T]:
        """The class of that name; BadInput lists the choices and the nearest one."""
        self._discover()
        if name not in self._members:
            near = difflib.get_close_matches(name, self._members, n=1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise BadInput(f"unknown {self.kind} '{name}'{hint}; choose one of: {', '.join(self.names())}")
        return self._members[name]

    def create(self, name: str, **params: Any) -> T:
        """An instance with these parameters."""
        return self.get(name)(**params)

    def _discover(self) -> None:
        if self._discovered:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.walk_packages(package.__path__, self.package + "."):
            importlib.import_module(module.name)
        self._discovered = True
