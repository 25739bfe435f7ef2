"""Every numeric constant of a module says where it comes from: a paper, a measurement, or a choice with its reason."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = sorted(
    path
    for tree in ("mmalign_core", "pages")
    for path in (ROOT / tree).iterdir()
    if path.suffix == ".py" or (path / "__init__.py").is_file()
)


def holds_number(node: ast.expr | None) -> bool:
    """Whether the value is a number, arithmetic on numbers, or a tuple, list, set or dictionary with a number in it."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.UnaryOp(operand=operand):
            return holds_number(operand)
        case ast.BinOp(left=left, right=right):
            return holds_number(left) or holds_number(right)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
            return any(holds_number(part) for part in parts)
    return False


def unexplained(source: str) -> list[str]:
    """'line: text' of each numeric constant of the module without a docstring below it or a comment on or above it.

    A docstring explains all constants that stand in the unbroken lines right above it.
    """
    lines, body, found = source.splitlines(), ast.parse(source).body, []
    for place, node in enumerate(body):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not holds_number(node.value):
            continue
        beside = "".join(lines[node.lineno - 1 : node.end_lineno])
        above = lines[node.lineno - 2].lstrip() if node.lineno > 1 else ""
        if "#" not in beside and not above.startswith("#") and not is_documented(body, place):
            found.append(f"{node.lineno}: {lines[node.lineno - 1]}")
    return found


def is_documented(body: list[ast.stmt], place: int) -> bool:
    """Whether a docstring follows the assignment, or follows the assignments on the lines directly after it."""
    for before, after in zip(body[place:], body[place + 1 :]):
        if after.lineno != (before.end_lineno or 0) + 1:
            return False
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return isinstance(after.value.value, str)
        if not isinstance(after, ast.Assign | ast.AnnAssign):
            return False
    return False


@pytest.mark.parametrize("room", ROOMS, ids=[str(path.relative_to(ROOT)) for path in ROOMS])
def test_numeric_constants_are_explained(room: Path) -> None:
    files = [room] if room.is_file() else sorted(room.rglob("*.py"))
    missing = [
        f"{path.relative_to(ROOT)}:{line}" for path in files for line in unexplained(path.read_text(encoding="utf-8"))
    ]
    assert not missing, "say below or beside each where its value comes from:\n" + "\n".join(missing)


def test_an_unexplained_constant_is_found() -> None:
    assert unexplained("A = 1\n") == ["1: A = 1"]
    assert unexplained("A = 1 << 20\n\n# why\nB = 2\n") == ["1: A = 1 << 20"]
    assert unexplained('A = {"x": (1, 2)}\nB = 3\n"""Both: as in the paper."""\nC = -1.0  # chosen\nD = "text"\n') == []
