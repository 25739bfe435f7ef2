"""The house's floors: which package may import which, and what importing the core must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    0: ("types",),
    1: ("store", "params", "registry", "settings", "vectors", "progress", "cost", "spans", "spaces"),
    2: (
        "aligners",
        "encoders",
        "scoring",
        "splits",
        "data",
        "language",
        "models",
    ),
    3: ("recommend", "explain", "projection", "metrics", "plots"),
    4: ("workflow", "notebook", "__main__", "commands", "jobs"),
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}
ALIGNER_ROOMS = (("training",), ("linear",), ("towers", "sequenced"), ("matching",), ("embedding", "model", "fusion"))
"""What aligners share and their families, lowest first: a room imports from lower ones, never from one beside it."""
CORE_FILES = sorted((ROOT / "mmalign_core").rglob("*.py"))
PAGE_FILES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Every dotted module the file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def core_parts(names: set[str]) -> set[str]:
    """First component below mmalign_core of each name."""
    return {name.split(".")[1] for name in names if name.startswith("mmalign_core.")}


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "mmalign_core").with_suffix("").parts[0]


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_core_imports_only_downward(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        assert not core_parts(imported(path))
        return
    assert part in FLOOR_OF, f"'{part}' stands on no floor: add it to FLOORS"
    known = core_parts(imported(path)) & set(FLOOR_OF)
    above = {other for other in known if FLOOR_OF[other] > FLOOR_OF[part]}
    assert not above, f"{path.name} (floor {FLOOR_OF[part]}) imports upward: {above}"
    assert not any(name.split(".")[0] in ("streamlit", "pages", "app") for name in imported(path))


@pytest.mark.parametrize("path", [p for p in CORE_FILES if FLOOR_OF.get(part_of(p)) == 3], ids=lambda p: p.stem)
def test_results_floor_takes_results_not_aligners(path: Path) -> None:
    assert "aligners" not in core_parts(imported(path))


def test_families_of_aligners_share_through_rooms_below_them() -> None:
    floor_of = {room: floor for floor, rooms in enumerate(ALIGNER_ROOMS) for room in rooms}
    for path in sorted((ROOT / "mmalign_core" / "aligners").glob("*/*.py")):
        room = path.parent.name
        used = {name.split(".")[2] for name in imported(path) if name.startswith("mmalign_core.aligners.")}
        wrong = {other for other in used & set(floor_of) - {room} if floor_of[other] >= floor_of[room]}
        assert not wrong, f"{room}/{path.name} imports from {wrong}: what both need belongs in a room below"


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_import_no_other_page_and_no_concrete_method(path: Path) -> None:
    shared = "_shared" in path.parts
    names = imported(path)
    pages = {n for n in names if n.split(".")[0] == "pages" and not n.startswith("pages._shared")} - {"pages"}
    assert not pages, f"imports another page: {pages}"
    deep = {n for n in names if n.startswith(("mmalign_core.encoders.", "mmalign_core.aligners."))}
    assert not deep, f"knows a concrete method: {deep}"
    source = path.read_text(encoding="utf-8")
    if path.name != "cache.py" or not shared:
        assert "st.cache_" not in source, "st.cache_* belongs in pages/_shared/cache.py"
    if path.name != "state.py" or not shared:
        assert "st.session_state" not in source and "st.query_params" not in source, (
            "state belongs in pages/_shared/state.py"
        )


def test_importing_the_core_is_cheap() -> None:
    heavy = ["torch", "umap", "faiss", "lancedb", "streamlit", "sklearn", "onnxruntime", "numba"]
    modules = "mmalign_core, mmalign_core.workflow, mmalign_core.encoders, mmalign_core.aligners"
    code = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
