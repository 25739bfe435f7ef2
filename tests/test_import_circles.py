"""No folder of the core or of the pages imports another in a circle, deferred and type-only imports included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[1]
TREES = ("mmalign_core", "pages")


def modules(tree: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module below the folder; a package is its __init__."""
    found = {}
    for path in sorted(tree.rglob("*.py")):
        parts = path.relative_to(tree.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The known modules that a file imports, wherever in the file the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in known or node.module in known:
                    yield whole if whole in known else node.module


def folder_graphs(tree: Path) -> dict[str, networkx.DiGraph]:
    """Folder -> graph of what lies right in it: an arrow where anything below one imports anything below another."""
    known = modules(tree)
    graphs: dict[str, networkx.DiGraph] = {}
    for name, path in known.items():
        for other in imports(path, known):
            ours, theirs = place(name, path), place(other, known[other])
            shared = next(i for i, (a, b) in enumerate(zip([*ours, ""], [*theirs, ""])) if a != b or not a)
            if ours != theirs:
                graph = graphs.setdefault(".".join(ours[:shared]), networkx.DiGraph())
                graph.add_edge(ours[shared], theirs[shared])
    return graphs


def place(name: str, path: Path) -> list[str]:
    """The folders down to a module, and it; the __init__ of a package lies in that package."""
    return [*name.split("."), "__init__"] if path.name == "__init__.py" else name.split(".")


def circles(tree: Path) -> list[str]:
    """A line for each group of neighbours that import one another in a circle."""
    found = []
    for folder, graph in sorted(folder_graphs(tree).items()):
        groups = [sorted(group) for group in networkx.strongly_connected_components(graph) if len(group) > 1]
        found += [f"{folder}: {' - '.join(group)}" for group in groups]
    return found


@pytest.mark.parametrize("tree", TREES)
def test_no_circle_among_folders(tree: str) -> None:
    assert circles(ROOT / tree) == []


def test_a_circle_through_deferred_imports_is_seen(tmp_path: Path) -> None:
    for folder, text in {
        "a": "def f():\n    from house.b.two import g\n",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.a.one import f\n",
    }.items():
        (tmp_path / "house" / folder).mkdir(parents=True)
        (tmp_path / "house" / folder / ("one.py" if folder == "a" else "two.py")).write_text(text)
    assert circles(tmp_path / "house") == ["house: a - b"]
