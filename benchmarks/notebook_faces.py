"""The same four tasks as a notebook user writes them with ours, with cca-zoo and with vicinity, side by side.

python benchmarks/notebook_faces.py

Wants cca-zoo and vicinity (pip install cca-zoo vicinity), which the product itself does not need; a task whose library
is absent is shown with ours alone. Every text below is run as it stands. `statements` counts what a person writes,
imports included; `names` counts the different names of libraries in it: modules, functions, attributes, keywords.
Data: 1,000 pairs of 64 and 32 dimensions, two noisy views of five shared dimensions, and the demo's 406 captions.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import mmalign_core as mm
from mmalign_core.aligners.embedding.cca import Cca
from mmalign_core.aligners.linear.canonical import regularised_cca

PAIRS, TRAIN, DIMS, WIDTHS = 1000, 800, 5, (64, 32)
NEGLIGIBLE = 1e-9
"""A ridge that changes no digit that is compared, in place of 0, which leaves the choice to our fit."""
AGREED = 1e-6
"""Largest difference of numbers that count as equal: vectors are kept in float32."""
PACKAGES = {"cca-zoo": "cca_zoo", "vicinity": "vicinity"}


@dataclass(frozen=True)
class Task:
    """What is to be done, our statements, and a rival's; the last statement is the answer."""

    title: str
    ours: str
    rival: str
    theirs: str


TASKS = (
    Task(
        "Fit CCA on 80% of the pairs; recall@1 of the others",
        """
import mmalign_core as mm
run = mm.align({"image": X, "text": Y}, "cca", test=0.2)
run.recall(1)
""",
        "cca-zoo",
        """
import numpy as np
from cca_zoo.linear import CCA
from sklearn.model_selection import train_test_split
X1, X2, Y1, Y2 = train_test_split(X, Y, test_size=0.2, random_state=0)
U, V = CCA(n_components=5).fit([X1, Y1]).transform([X2, Y2])
U, V = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (U, V))
np.mean((U @ V.T).argmax(axis=1) == np.arange(len(U)))
""",
    ),
    Task(
        "Fit plain CCA on 800 pairs; mean canonical correlation of the other 200",
        """
from mmalign_core.aligners import Cca
Cca(dims=5, reg=1e-9).fit(X[:800], Y[:800]).score(X[800:], Y[800:])
""",
        "cca-zoo",
        """
from cca_zoo.linear import CCA
cca = CCA(n_components=5).fit([X[:800], Y[:800]])
cca.score([X[800:], Y[800:]])
""",
    ),
    Task(
        "The five items nearest to an item, by their vectors",
        """
import mmalign_core as mm
mm.align({"image": X}, ids=names).recommend(item=names[7], k=5).ids
""",
        "vicinity",
        """
from vicinity import Vicinity
index = Vicinity.from_vectors_and_items(X, names)
tuple(name for name, distance in index.query(X[7], k=6)[0][1:])
""",
    ),
    Task(
        "The five captions nearest to a typed text (vicinity is given `encode`, texts to vectors)",
        """
import mmalign_core as mm
mm.align({"text": captions}, ids=titles).recommend("an animal that lives in the sea", k=5).ids
""",
        "vicinity",
        """
from vicinity import Vicinity
index = Vicinity.from_vectors_and_items(encode(captions), titles)
tuple(name for name, distance in index.query(encode(["an animal that lives in the sea"]), k=5)[0])
""",
    ),
)


def made() -> dict[str, Any]:
    """The names that the statements find: X, Y, names, captions, titles and encode."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(PAIRS, DIMS))
    x, y = (shared @ rng.normal(size=(DIMS, width)) + rng.normal(size=(PAIRS, width)) for width in WIDTHS)
    texts = {m.item: m.text for m in mm.demo().media if m.modality == "text"}
    return {
        "X": x,
        "Y": y,
        "names": [f"item-{row}" for row in range(PAIRS)],
        "captions": list(texts.values()),
        "titles": list(texts),
        "encode": lambda given: mm.align({"text": list(given)}).space["text"].vectors,
    }


def answer(statements: str, given: Mapping[str, Any]) -> Any:
    """What the last statement gives."""
    *first, last = ast.parse(statements).body
    known = dict(given)
    exec(compile(ast.Module(first, []), "<statements>", "exec"), known)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<statements>", "eval"), known)


def size(statements: str, given: Mapping[str, Any]) -> tuple[int, int]:
    """(statements, different names of libraries in them)."""
    tree = ast.parse(statements)
    nodes = list(ast.walk(tree))
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)} - own - set(given)
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return len(tree.body), len(names)


def show(task: Task, given: Mapping[str, Any]) -> None:
    """Both texts, their sizes and their answers; ours alone where the rival is not installed."""
    print(f"## {task.title}\n")
    for name, statements in (("ours", task.ours), (task.rival, task.theirs)):
        if name in PACKAGES and not find_spec(PACKAGES[name]):
            print(f"{name} is not installed (pip install {name}): nothing to compare with\n")
            continue
        lines, names = size(statements, given)
        print(f"{name}: {lines} statements, {names} names\n{statements}-> {answer(statements, given)!r}\n")


def show_agreement(given: Mapping[str, Any]) -> None:
    """Plain CCA of the same 800 pairs: canonical correlations, and cosines of held-out pairs, ours less cca-zoo's."""
    if not find_spec("cca_zoo"):
        return
    from cca_zoo.linear import CCA  # pyright: ignore[reportMissingImports]

    x, y = given["X"], given["Y"]
    theirs = CCA(n_components=DIMS).fit([x[:TRAIN], y[:TRAIN]])
    correlations = [np.corrcoef(u, v)[0, 1] for u, v in zip(*(z.T for z in theirs.transform([x[:TRAIN], y[:TRAIN]])))]
    found = regularised_cca(x[:TRAIN], y[:TRAIN], dims=DIMS, reg=0).correlations
    ours = Cca(dims=DIMS, reg=NEGLIGIBLE, weighting=0).fit(x[:TRAIN], y[:TRAIN])
    own = cosines(ours.transform(x[TRAIN:], y[TRAIN:]))
    for what, difference in {
        "canonical correlations": np.abs(found - correlations).max(),
        "cosines of the 200 held-out pairs": np.abs(own - cosines(theirs.transform([x[TRAIN:], y[TRAIN:]]))).max(),
    }.items():
        print(f"{what}: largest difference {difference:.1e}, {'equal' if difference < AGREED else 'DIFFERENT'}")


def cosines(places: Any) -> np.ndarray:
    """Of the rows of two arrays (n, k): (n,)."""
    u, v = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in map(np.asarray, places))
    return np.asarray((u * v).sum(axis=1))


def main() -> None:
    """Every task, then how far the numbers agree."""
    known = [f"{name} {version(name)}" for name, module in PACKAGES.items() if find_spec(module)]
    print(f"mmalign {mm.__version__}{''.join(f', {each}' for each in known)}\n")
    with tempfile.TemporaryDirectory() as home:
        os.environ["MMALIGN_HOME"] = home
        given = made()
        for task in TASKS:
            show(task, given)
        show_agreement(given)


if __name__ == "__main__":
    main()
