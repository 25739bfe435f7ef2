"""Make the notebooks of the scenarios from their scripts: `python examples/make_notebooks.py`.

A script holds cells in the percent format that editors know: `# %% [markdown]` begins a text, each of whose lines is a
comment, and `# %%` begins code. The script is the source; tests/test_examples.py fails if a notebook differs from it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCENARIOS = ("shop", "social_video", "medical", "education")


def cells(script: str) -> list[tuple[str, str]]:
    """("markdown" or "code", text) of each cell. What stands before the first cell is left out."""
    parts = re.split(r"^# %%( \[markdown\])?\n", script, flags=re.M)[1:]
    found = []
    for mark, text in zip(parts[::2], parts[1::2]):
        kind = "markdown" if mark else "code"
        lines = [re.sub(r"^# ?", "", line) for line in text.splitlines()] if mark else text.splitlines()
        found.append((kind, "\n".join(lines).strip()))
    return found


def notebook(script: str) -> str:
    """The notebook of a script, without outputs, as the text of its file."""
    made = []
    for number, (kind, text) in enumerate(cells(script), 1):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
        cell["source"] = text.splitlines(keepends=True)
        made.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": made, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}}
    return json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the notebook of every scenario beside its script."""
    for name in SCENARIOS:
        script = (HERE / f"{name}.py").read_text(encoding="utf-8")
        (HERE / f"{name}.ipynb").write_text(notebook(script), encoding="utf-8")
        print(f"examples/{name}.ipynb")


if __name__ == "__main__":
    main()
