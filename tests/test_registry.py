"""Registries: discovery, unknown and doubled names, classes of notebooks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmalign_core.aligners import Aligner
from mmalign_core.registry import Registry
from mmalign_core.types import BadInput
from mmalign_core.workflow import KINDS, catalogue

ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
NOTEBOOK = """
import sys
import numpy as np
import pandas as pd
from mmalign_core.aligners import Aligner, register
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, Encoding, align, catalogue, compare
from mmalign_core.workflow.menus.cards import aligner_cards

for part in (0.5, 0.25):  # the cell runs twice
    class Halved(Aligner):
        \"\"\"Halves the vectors.\"\"\"
        needs_pairs = False
        factor = part
        def _fit(self, sets, seed, progress): pass
        def _transform(self, embeddings): return self.factor * embeddings.vectors
        def _state(self): return {}
        def _load_state(self, state): pass
    register("halved")(Halved)

rng = np.random.default_rng(0)
ids = tuple(f"i{n}" for n in range(30))
x = rng.standard_normal((30, 4))
sets = {m: EmbeddingSet(m, ids, tuple(m + i for i in ids), x, "given@1") for m in ("image", "text")}
encoding = Encoding(sets, dict.fromkeys(sets, "given@1"), {}, (), {})
data = Collection("given", pd.DataFrame(index=list(ids)), (), vectors=sets), encoding
store = Store(sys.argv[1])
row = next(row for row in catalogue("aligners") if row["name"] == "halved")
print(row["family"], row["summary"], [tuple(row["modalities"])])
run = align(*data, Choices(aligner="halved"), store=store)
print(run.report["aligner"], run.report["family"], float(run.aligner.transform(x)[0, 0] / x[0, 0]).__round__(3))
rows = compare(*data, [Choices(aligner=name, test=0.3) for name in ("as-is", "halved")], store=store).rows
print(sorted((row["aligner"], row["family"]) for row in rows))
card = aligner_cards()[-1]
print(card.family, card.idea)
try:
    register("cca")(Halved)
except ValueError as error:
    print(error)
"""


def test_a_name_taken_twice_is_an_error() -> None:
    registry: Registry = Registry("thing", "mmalign_core.scoring.matchers")
    registry.register("one")(type("First", (), {}))
    with pytest.raises(ValueError, match="two things are called 'one': First and Second"):
        registry.register("one")(type("Second", (), {}))


def test_a_class_registered_again_from_its_place_replaces_the_earlier_one() -> None:
    registry: Registry = Registry("thing", "mmalign_core.scoring.matchers")
    made = [registry.register("one")(type("Same", (), {"__doc__": "What it does.\n\nMore."})) for _ in range(2)]
    assert registry.get("one") is made[1] and made[1].summary == "What it does."


def test_what_lacks_a_method_or_the_base_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'x': class X does not derive from mmalign_core\.aligners\.base\.Aligner"):
        KINDS["aligners"].register("x")(type("X", (), {}))
    with pytest.raises(BadInput, match="class Y lacks _fit, _load_state, _state, _transform"):
        KINDS["aligners"].register("y")(type("Y", (Aligner,), {}))
    assert "y" not in KINDS["aligners"].names()


def test_an_aligner_of_a_script_works_wherever_one_is_chosen(tmp_path: Path) -> None:
    script, demo = tmp_path / "notebook.py", tmp_path / "demo"
    script.write_text(NOTEBOOK, encoding="utf-8")
    argv = [sys.executable, str(script), str(demo)]
    shown = subprocess.run(argv, env=ENV, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == [
        "own Halves the vectors. [('text', 'image', 'audio', 'video')]",
        "halved own 0.25",
        "[('as-is', 'matching'), ('halved', 'own')]",
        "own Halves the vectors.",
        "two aligners are called 'cca': Cca and Halved (in mmalign_core.aligners.embedding.cca and __main__); "
        "give one of them another name",
    ]


def test_an_unknown_name_lists_the_choices_and_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"unknown matcher 'argmx' \(did you mean 'argmax'\?\); choose one of: argmax"):
        KINDS["matchers"].get("argmx")


@pytest.mark.parametrize("kind", KINDS)
def test_catalogue_describes_every_member(kind: str) -> None:
    rows = catalogue(kind)
    assert [row["name"] for row in rows] == list(KINDS[kind].names()) and rows
    for row in rows:
        assert row["summary"] and row["modalities"] and row["family"]
        assert all(p["help"] and {"name", "default", "low", "high", "choices"} <= set(p) for p in row["params"])


def test_what_the_first_issue_names_is_there() -> None:
    assert {"as-is", "bridge"} <= set(KINDS["aligners"].names())
    assert {"cosine", "euclidean", "dot"} <= set(KINDS["similarities"].names())
    assert {"argmax", "threshold", "mutual"} <= set(KINDS["matchers"].names())
    assert {"use-multilingual", "efficientnet-lite0", "yamnet", "minilm"} <= set(KINDS["encoders"].names())
