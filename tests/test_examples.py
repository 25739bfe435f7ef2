"""The notebooks in examples/ run from the first cell to the last, in a real kernel."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))
CELLS = {"demo": 10, "own_vectors": 5}


def test_each_example_is_as_short_as_its_title_says() -> None:
    assert {path.stem: len(nbformat.read(path, 4).cells) for path in EXAMPLES} == CELLS


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in any cell fails the test; every cell that ends in a value shows one."""
    monkeypatch.setenv("PYTHONPATH", str(path.parents[1]))
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    silent = [cell.source for cell in notebook.cells[2:] if cell.cell_type == "code" and not cell.outputs]
    assert silent == []
    assert all(not cell.outputs for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
