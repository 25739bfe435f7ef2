"""Registries: named classes from the files of a package and from the entry points of other packages."""

from __future__ import annotations

import difflib
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from threading import RLock
from typing import Any, Generic, TypeVar

from mmalign_core.types import BadInput

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Registry(Generic[T]):
    """Name -> class.

    `kind`: the word for a member in messages; `package`: the dotted name of the package whose files define the members;
    `base`: the base class of every member, if any. Members of other packages come from the entry points of `group`.

    >>> colours = Registry("colour", "mmalign_core.aligners")
    >>> @colours.register("red")
    ... class Red:
    ...     "The longest visible waves."
    >>> Red.name, Red.summary, colours.group
    ('red', 'The longest visible waves.', 'mmalign.colours')
    """

    def __init__(self, kind: str, package: str, base: type | None = None) -> None:
        self.kind, self.package, self.base = kind, package, base
        self._members: dict[str, type[T]] = {}
        self._own_imported = self._searching = self._discovered = False
        self._lock = RLock()

    @property
    def group(self) -> str:
        """The entry point group of other packages' members, such as 'mmalign.aligners'."""
        plural = self.kind[:-1] + "ies" if self.kind.endswith("y") else self.kind + "s"
        return "mmalign." + plural.replace(" ", "_")

    def register(self, name: str) -> Callable[[type[Any]], type[Any]]:
        """Class decorator that gives the class its name.

        A class registered again from the same place (a module that is reloaded, a notebook cell that runs again)
        replaces the earlier one. Raises ValueError if a class of another place has the name, and BadInput if the class
        cannot be a member. A class without a `summary` gets the first line of its docstring.
        """

        if not isinstance(name, str):
            raise BadInput(f'the {self.kind} {name!r} has no name; write @register("name") above its class')

        def add(cls: type[Any]) -> type[Any]:
            self._check(name, cls)
            if not cls.__module__.startswith(self.package + "."):
                self._import_own()  # else a name of the package would be free until the first search
            taken = self._members.get(name)
            if taken is not None and not _same_place(taken, cls):
                raise ValueError(
                    f"two {self.kind}s are called '{name}': {taken.__name__} and {cls.__name__} "
                    f"(in {taken.__module__} and {cls.__module__}); give one of them another name"
                )
            cls.name = name
            if not getattr(cls, "summary", ""):
                cls.summary = (inspect.getdoc(cls) or cls.__name__).partition("\n")[0]
            self._members[name] = cls
            return cls

        return add

    def names(self) -> tuple[str, ...]:
        """Every registered name, sorted."""
        self._discover()
        return tuple(sorted(self._members))

    def get(self, name: str) -> type[T]:
        """The class of that name. Raises BadInput with all names and the nearest one."""
        self._discover()
        if name not in self._members:
            hint = nearest_hint(name, self._members)
            raise BadInput(f"unknown {self.kind} '{name}'{hint}; choose one of: {', '.join(self.names())}")
        return self._members[name]

    def create(self, name: str, **params: Any) -> T:
        """An instance with these parameters."""
        return self.get(name)(**params)

    def _check(self, name: str, cls: type[Any]) -> None:
        """Raise BadInput unless the class derives from the base and defines all its abstract methods."""
        if self.base is None:
            return
        if not issubclass(cls, self.base):
            base = f"{self.base.__module__}.{self.base.__qualname__}"
            raise BadInput(f"{self.kind} '{name}': class {cls.__name__} does not derive from {base}; let it")
        if inspect.isabstract(cls) and not hasattr(cls, "of_model"):  # `of_model` chooses among concrete subclasses
            missing = ", ".join(sorted(cls.__abstractmethods__))
            raise BadInput(f"{self.kind} '{name}': class {cls.__name__} lacks {missing}; write what is missing")

    def _discover(self) -> None:
        """Import all members once. A module that looks up names during its own import sees the members so far."""
        if self._discovered:
            return
        with self._lock:
            if self._searching or self._discovered:
                return
            self._searching = True
            try:
                self._import_own()
                for point in sorted(entry_points(group=self.group), key=lambda point: point.name):
                    self._add_plugin(point)
                self._discovered = True
            finally:
                self._searching = False

    def _import_own(self) -> None:
        if self._own_imported:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.walk_packages(package.__path__, self.package + "."):
            importlib.import_module(module.name)
        self._own_imported = True

    def _add_plugin(self, point: EntryPoint) -> None:
        """Load one entry point: a class, or a module that registers its classes when it is imported.

        An exception of the other package is logged in one line, so that it does not hide the remaining members.
        """
        try:
            loaded = point.load()
            if point.attr and loaded not in self._members.values():
                self.register(point.name)(loaded)
        except Exception as error:  # noqa: BLE001 another package may raise anything
            owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            _log.warning("%s '%s' of %s is left out (%s): %s", self.kind, point.name, owner, point.value, reason)


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" with the known name nearest to `name`, '' if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _same_place(one: type, other: type) -> bool:
    """Whether both classes come from a notebook or script, or from one module under one name."""
    if one.__module__ != other.__module__:
        return False
    return one.__module__ == "__main__" or one.__qualname__ == other.__qualname__
