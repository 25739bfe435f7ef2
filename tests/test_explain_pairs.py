"""Why two media are near: parts, components, known pairs and concepts, each summing to the cosine."""

import numpy as np
import pytest
from PIL import Image

from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, align, encode
from mmalign_core.workflow.explanation import explain_pair
from mmalign_core.workflow.explanation.placed_media import placed_medium
from tests.explained import fitted_run


def test_a_pair_is_explained_in_every_way_and_each_sums_to_the_cosine(linear_run, store):
    made = explain_pair(linear_run, ("image", "dog"), ("text", "dog"), store=store, faithful=False)
    a, b = (placed_medium(linear_run, m, "dog").place.astype(np.float64) for m in ("image", "text"))
    assert made.score == pytest.approx(float(a @ b), abs=1e-6)
    assert sum(value for _, value in made.explanation.contributions) == pytest.approx(made.score, abs=1e-9)
    assert sum(c.value for c in made.components) + made.component_rest == pytest.approx(made.score, abs=1e-6)
    for c in made.components:
        assert c.value == pytest.approx(c.u * c.v, abs=1e-9) and c.items and c.words and c.opposite_items
    assert made.maps["a"].method == "exact" and made.maps["b"].method == "occlusion" and not made.anchors
    assert made.concepts is not None and {"dog", "barking"} & set(dict(made.concepts.b.words))
    assert 0 < made.concepts.b.cosine <= 1 and not made.notes


def test_known_pairs_take_a_score_apart_where_they_are_the_space(few, store):
    run = fitted_run(few, store, "relative")
    made = explain_pair(run, ("image", "dog"), ("text", "dog"), store=store, faithful=False)
    assert sum(value for _, value in made.anchors) + made.anchor_rest == pytest.approx(made.score, abs=1e-6)
    assert made.anchors[0][0] in few.ids and made.components == ()


def test_attention_is_shown_under_its_own_name(few, store):
    run = fitted_run(few, store, "attention", steps=5)
    made = explain_pair(run, ("image", "dog"), ("text", "dog"), store=store, faithful=False)
    assert set(made.attention) == {"a", "b"} and made.attention["a"][0][0] == "dog"


def test_given_vectors_are_explained_as_far_as_they_can_be(store):
    rng = np.random.default_rng(0)
    ids = tuple(f"i{i}" for i in range(30))
    rows = rng.standard_normal((30, 8)).astype(np.float32)
    sets = {m: EmbeddingSet(m, ids, ids, rows + shift, "elsewhere@1") for m, shift in (("image", 0), ("text", 0.1))}
    import pandas as pd

    collection = Collection("given", pd.DataFrame(index=list(ids)), (), vectors=sets)
    run = align(
        collection, encode(collection, store=store), Choices(pair=("image", "text"), aligner="cca"), store=store
    )
    made = explain_pair(run, ("image", "i3"), ("text", "i3"), store=store)
    assert not made.maps and made.components and made.concepts is None
    assert any("ready-made" in note for note in made.notes)
    assert sum(value for _, value in made.explanation.contributions) == pytest.approx(made.score, abs=1e-6)
    with pytest.raises(BadInput, match="ready-made"):
        explain_pair(run, ("image", "i3"), ("text", "i3"), store=store, method="occlusion")


def test_several_captions_are_told_apart_by_number(store, tmp_path):
    import json

    from mmalign_core.workflow import open_collection

    rows = [{"id": f"i{i}", "text": [f"a red thing {i}", f"a blue dog {i}"]} for i in range(12)]
    rows[1]["id"] = "i0#2"
    for row in rows:
        Image.fromarray(np.random.default_rng(len(row["text"][0])).integers(0, 255, (8, 8, 3), np.uint8)).save(
            tmp_path / f"{row['id'].replace('#', '_')}.png"
        )
        row["image"] = f"{row['id'].replace('#', '_')}.png"
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    collection = open_collection(str(tmp_path / "m.jsonl"))
    choices = Choices(pair=("image", "text"), aligner="bridge")
    run = align(collection, encode(collection, store=store), choices, store=store)
    assert placed_medium(run, "text", "i3#2").medium.text == "a blue dog 3"
    assert placed_medium(run, "text", "i3").name == "text:i3#1" and placed_medium(run, "image", "i3").name == "image:i3"
    assert placed_medium(run, "text", "i0#2").item == "i0#2"
    for name, words in (("i3#3", "has 2 of text"), ("none", "no item 'none'"), ("", "no item ''")):
        with pytest.raises(BadInput, match=words):
            placed_medium(run, "text", name)
