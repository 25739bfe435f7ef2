"""Faces of packages: names that are imported when they are first used, from a table of the modules that hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Places = Mapping[str, tuple[str, str]]
"""Name -> (module, name there)."""


def places_of(table: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Where each name lies. `table`: module -> the names it gives, with spaces; "a=b" gives its `b` as `a`."""
    return {
        name.partition("=")[0]: (module, name.partition("=")[2] or name)
        for module, names in table.items()
        for name in names.split()
    }


def lazy(namespace: dict[str, Any], places: Places) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of the package whose globals are `namespace`; a name is kept once it is imported."""

    def getattr_(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        module, there = places[name]
        namespace[name] = found = getattr(import_module(module), there)
        return found

    return getattr_, lambda: sorted({*namespace, *places})
