"""The notebooks in examples/ run from the first cell to the last, in a real kernel; scenarios end with a finding."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.ipynb"))
CELLS = {"demo": 10, "own_vectors": 5}
"""Notebooks whose title says how many cells they have."""
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "make_notebooks")
_spec = importlib.util.spec_from_file_location("make_notebooks", FOLDER / "make_notebooks.py")
assert _spec is not None and _spec.loader is not None
make_notebooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_notebooks)


def test_each_example_is_as_short_as_its_title_says() -> None:
    assert {path.stem: len(nbformat.read(path, 4).cells) for path in EXAMPLES if path.stem in CELLS} == CELLS


def test_every_scenario_has_its_notebook() -> None:
    assert sorted(make_notebooks.SCENARIOS) == SCENARIOS and len(SCENARIOS) == 4
    assert {path.stem for path in EXAMPLES} == {*CELLS, *SCENARIOS}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_notebook_is_its_script(name: str) -> None:
    """`python examples/make_notebooks.py` makes them equal again."""
    script = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8") == make_notebooks.notebook(script)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in any cell fails the test; every cell that ends in a value shows one."""
    monkeypatch.setenv("PYTHONPATH", str(path.parents[1]))
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    codes = [cell for cell in notebook.cells[2:] if cell.cell_type == "code"]
    assert [cell.source for cell in codes if not cell.outputs and not cell.source.startswith(("import", "from"))] == []
    assert all(not cell.outputs for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    if path.stem in SCENARIOS:
        check_finding(codes[-1].outputs[-1].get("text", ""))


def check_finding(said: str) -> None:
    """One sentence of numbers that says of which data it speaks, how many were asked, the split and the interval."""
    assert said.startswith("FINDING (") and re.search(r"simulated|synthesised", said[:60])
    assert re.search(r"n = \d+", said) and "95% " in said and "split: " in said, said
    assert len(re.findall(r"\d[\d.]*", said)) > 5 and "nan" not in said.lower()
