"""Lazy package exports: names that are imported on first use, as the imports for type checkers list them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def exports_of(face: Path) -> dict[str, tuple[str, str]]:
    """Return the names that a package exports: exported name -> (module, name in that module).

    They are the imports below `if TYPE_CHECKING:` in the file `face`.
    `from package.more import *` adds the names that `more.py` beside it lists in the same manner.
    """
    exports: dict[str, tuple[str, str]] = {}
    for node in _listed(face):
        if node.module and node.names[0].name == "*":
            exports |= exports_of(face.with_name(f"{node.module.rpartition('.')[2]}.py"))
        elif node.module:
            exports |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    return exports


def _listed(face: Path) -> list[ast.ImportFrom]:
    """The imports below `if TYPE_CHECKING:` in this file."""
    blocks = [node for node in ast.parse(face.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    checked = [block for block in blocks if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"]
    return [node for block in checked for node in block.body if isinstance(node, ast.ImportFrom)]


def lazy(namespace: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for the package with these globals. Imported names are stored in them.

    The names are read from the source of the package, so that each is listed once.
    """
    exports = exports_of(Path(namespace["__file__"]))

    def getattr_(name: str) -> Any:
        if name not in exports:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        module, original = exports[name]
        namespace[name] = value = getattr(import_module(module), original)
        return value

    return getattr_, lambda: sorted({*namespace, *exports})
