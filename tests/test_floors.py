"""The house's floors: which package may import which, and what importing the core must not load."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    0: (
        "types",
        "faces",
        "wording",
        "version",
    ),
    1: (
        "store",
        "params",
        "registry",
        "settings",
        "vectors",
        "progress",
        "cost",
        "job_limits",
        "jobs",
        "heap",
        "processes",
        "spaces",
    ),
    2: (
        "aligners",
        "encoders",
        "scoring",
        "splits",
        "data",
        "language",
        "model_files",
        "servers",
        "engines",
    ),
    3: ("recommend", "explain", "projection", "metrics", "plots", "triage"),
    4: ("workflow", "notebook", "__main__", "commands"),
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}
ALIGNER_ROOMS = (("training",), ("linear",), ("towers", "sequenced"), ("matching",), ("embedding", "model", "fusion"))
"""What aligners share and their families, lowest first: a room imports from lower ones, never from one beside it."""
CORE_FILES = sorted((ROOT / "mmalign_core").rglob("*.py"))
PAGE_ROOMS = ("_session", "_components", "_panels")
"""What pages are made of, lowest first: a room imports from itself and from lower ones."""
PAGE_FACES = {"mmalign_core.workflow", "mmalign_core.plots", "mmalign_core.types", "mmalign_core.wording"}
SESSION_MODULES = {"mmalign_core.jobs", "mmalign_core.progress", "mmalign_core.settings"}
CACHES = ("cache.py",)
"""The modules of pages/_session with st.cache_*."""
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
        assert core_parts(imported(path)) <= {"notebook", "types", "version"}, "the face gives what notebooks use"
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
def test_pages_use_the_faces_of_the_core_alone(path: Path) -> None:
    allowed = PAGE_FACES | (SESSION_MODULES if "_session" in path.parts else set())
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    modules = {node.module or "" for node in tree if isinstance(node, ast.ImportFrom)}
    deep = {name for name in modules if name.startswith("mmalign_core")} - allowed
    assert not deep, f"imports {deep}: add the names to mmalign_core.workflow or mmalign_core.plots"
    assert not any(isinstance(node, ast.Import) and "mmalign_core" in ast.unparse(node) for node in tree)


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_import_only_from_rooms_below(path: Path) -> None:
    room = path.relative_to(ROOT).parts[1] if path.name != "app.py" else path.name
    below = PAGE_ROOMS[: PAGE_ROOMS.index(room) + 1] if room in PAGE_ROOMS else PAGE_ROOMS
    used = {name.split(".")[1] for name in imported(path) if name.startswith("pages.")}
    assert used <= set(below), f"imports from {used - set(below)}, which stands above or is a page"
    source = path.read_text(encoding="utf-8")
    if room != "_session" or path.name not in CACHES:
        assert "st.cache_" not in source, f"st.cache_* belongs in pages/_session: {CACHES}"
    if (room, path.name) != ("_session", "state.py"):
        assert "st.session_state" not in source and "st.query_params" not in source, (
            "state belongs in pages/_session/state.py"
        )


def test_panels_never_import_in_a_circle() -> None:
    uses: dict[str, set[str]] = {}
    for path in (ROOT / "pages" / "_panels").rglob("*.py"):
        names = {name.split(".")[2] for name in imported(path) if name.startswith("pages._panels.")}
        uses.setdefault(path.parent.name, set()).update(names - {path.parent.name})
    while free := {room for room, names in uses.items() if not names & set(uses)}:
        uses = {room: names for room, names in uses.items() if room not in free}
    assert not uses, f"these panels import one another in a circle: {sorted(uses)}"


@pytest.mark.parametrize("package", ["workflow", "plots"])
def test_a_lazy_face_gives_each_name_it_lists(package: str) -> None:
    face = importlib.import_module(f"mmalign_core.{package}")
    path = Path(str(face.__file__))
    lists = [path, *path.parent.glob("lower_floors.py")]
    listed = {
        alias.asname: (node.module, alias.name)
        for listing in lists
        for node in ast.walk(ast.parse(listing.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mmalign_core")
        for alias in node.names
        if alias.asname
    }
    assert len(listed) > 20 and set(listed) <= set(dir(face)), "the face lists names that it does not give"
    for name, (module, there) in listed.items():
        assert getattr(face, name) is getattr(importlib.import_module(module), there)
    hidden = {path.stem for path in path.parent.iterdir()} & set(listed)
    assert not hidden, f"a module would hide the name: {hidden}"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = face.nothing


def test_importing_the_faces_loads_nothing_else_of_the_core() -> None:
    code = "import sys, mmalign_core.workflow, mmalign_core.plots; "
    code += "print(sorted(name for name in sys.modules if name.startswith('mmalign_core.')))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (
        shown.stdout.strip()
        == "['mmalign_core.faces', 'mmalign_core.plots', 'mmalign_core.version', 'mmalign_core.workflow']"
    )


def test_importing_the_core_is_cheap() -> None:
    heavy = ["torch", "umap", "faiss", "lancedb", "streamlit", "sklearn", "onnxruntime", "numba"]
    modules = "mmalign_core, mmalign_core.workflow, mmalign_core.encoders, mmalign_core.aligners"
    code = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
