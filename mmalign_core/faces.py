"""Lazy package exports: names that are imported on first use, from a table of the modules that define them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Places = Mapping[str, tuple[str, str]]
"""Exported name -> (module, name in that module)."""


def places_of(table: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the places of a table: module -> its exported names, separated by spaces; "a=b" exports `b` as `a`."""
    return {
        name.partition("=")[0]: (module, name.partition("=")[2] or name)
        for module, names in table.items()
        for name in names.split()
    }


def lazy(namespace: dict[str, Any], places: Places) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for the package with these globals. Imported names are stored in them."""

    def getattr_(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        module, original = places[name]
        namespace[name] = value = getattr(import_module(module), original)
        return value

    return getattr_, lambda: sorted({*namespace, *places})
