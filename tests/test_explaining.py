"""Maps of media, pairs and recommendations: what they are made of, and that they sum to what they explain."""

import wave

import numpy as np
import pytest
from PIL import Image

from mmalign_core.aligners import ALIGNERS
from mmalign_core.data.files import file_media
from mmalign_core.sequences import as_sequences
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet, Media
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, Query, align, encode
from mmalign_core.workflow.answers.recommending import answer
from mmalign_core.workflow.explaining import explain_pair, explain_recommendation, map_of, media_map
from mmalign_core.workflow.explaining.masking import MaskedMedium
from mmalign_core.workflow.explaining.references import placed_medium

LINEAR = {"reg": 0.1, "weighting": 1.0, "dims": 32}


@pytest.fixture(scope="module")
def linear_run(demo, demo_encoding, store):
    return align(demo, demo_encoding, Choices(pair=("image", "text"), aligner="gcca", params=LINEAR), store=store)


@pytest.fixture(scope="module")
def few(demo):
    """The demo's dog and 39 other items, without sounds."""
    items = demo.items.loc[["dog", *[item for item in demo.ids if item != "dog"][:39]]]
    return Collection("few", items, tuple(m for m in demo.media if m.item in items.index and m.modality != "audio"))


def fitted_run(few, store, name, **params):
    choices = Choices(pair=("image", "text"), aligner=name, params=params)
    return align(few, encode(few, store=store), choices, store=store)


def medium_of(run, modality, row=3):
    space = run.result.space[modality]
    found = placed_medium(run, modality, space.ids[row])
    return found.medium, space.vectors[row]


# What aligners show of themselves


def made_up_sets(sequences=False):
    rng = np.random.default_rng(0)
    ids = tuple(f"i{i:02d}" for i in range(40))
    shared = rng.standard_normal((40, 6))
    sets = {}
    for modality, width in (("image", 12), ("text", 9)):
        rows = (shared @ rng.standard_normal((6, width)) + 0.3 * rng.standard_normal((40, width)) + 1).astype(
            np.float32
        )
        steps = as_sequences([row + 0.1 * rng.standard_normal((4, width)) for row in rows]) if sequences else None
        sets[modality] = EmbeddingSet(modality, ids, ids, rows.astype(np.float32), "made@1", sequences=steps)
    return sets


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("cca", {"reg": 0.1, "weighting": 1.0}),
        ("gcca", {"reg": 0.1, "weighting": 0.5}),
        ("procrustes", {}),
        ("ridge", {}),
        ("late-average", {"reg": 1.0}),
        ("infonce-linear", {"steps": 5, "prior": "off"}),
        ("auto", {"prior": "off"}),
    ],
)
def test_a_linear_map_places_as_the_aligner_does(name, params):
    sets = made_up_sets()
    aligner = ALIGNERS.create(name, **params).fit(sets)
    for modality, rows in sets.items():
        opened = aligner.linear_map(modality)
        assert opened is not None
        by_hand = (rows.vectors - opened.centre) @ opened.linear + opened.bias
        np.testing.assert_allclose(unit_rows(by_hand), aligner.transform(rows), atol=2e-5)
        centre, linear = opened.homogeneous
        np.testing.assert_allclose((np.pad(rows.vectors, ((0, 0), (0, 1))) - centre) @ linear, by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "params", "sequences"),
    [
        ("infonce-mlp", {"steps": 5, "prior": "off"}, False),
        ("autoencoder", {"steps": 5}, False),
        ("transformer", {"steps": 5, "width": 8, "prior": "off"}, True),
        ("cross-attention", {"steps": 5, "width": 8}, True),
    ],
)
def test_a_place_with_gradients_is_the_place(name, params, sequences):
    import torch

    sets = made_up_sets(sequences)
    aligner = ALIGNERS.create(name, **params).fit(sets)
    for modality, rows in sets.items():
        place = aligner.differentiable(modality)
        assert place is not None and aligner.linear_map(modality) is None
        vectors = torch.tensor(rows.vectors, requires_grad=True)
        steps = np.stack([rows.sequences[i] for i in range(40)]) if rows.sequences else np.zeros((40, 1, 1))
        found = place(vectors, torch.tensor(steps, dtype=torch.float32))
        np.testing.assert_allclose(found.detach().numpy(), aligner.transform(rows), atol=1e-5)
        found.square().sum().backward()
        assert vectors.grad is not None and torch.isfinite(vectors.grad).all()


def test_what_has_no_such_map_says_so():
    aligner = ALIGNERS.create("relative").fit(made_up_sets())
    assert aligner.linear_map("image") is None and aligner.differentiable("image") is None


# Maps


@pytest.mark.parametrize("modality", ["text", "image", "audio"])
def test_a_map_sums_to_the_cosine_that_the_run_has(demo_run, store, modality):
    medium, own = medium_of(demo_run, modality)
    target = demo_run.result.space["text" if modality != "text" else "image"].vectors[5]
    made = media_map(demo_run, medium, target, store=store, faithful=False, grid=3)
    assert made.score == pytest.approx(float(own @ target), abs=1e-5)
    assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)
    assert made.method == "occlusion" and len(made.values) == len(made.parts)
    assert sum(v for _, v in made.explanation.contributions) == pytest.approx(made.score, abs=1e-9)


def test_exact_maps_of_pictures_and_sounds_sum_to_the_cosine(linear_run, store):
    target = linear_run.result.space["text"].vectors[5]
    for modality in ("image", "audio"):
        medium, own = medium_of(linear_run, modality)
        made = media_map(linear_run, medium, target, store=store, faithful=False)
        assert made.method == "exact" and made.score == pytest.approx(float(own @ target), abs=1e-5)
        assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-6)


def test_gradients_through_a_hidden_layer_sum_to_the_cosine(few, store):
    run = fitted_run(few, store, "infonce-mlp", steps=20, prior="off")
    medium, own = medium_of(run, "image")
    target = run.result.space["text"].vectors[3]
    made = media_map(run, medium, target, store=store, faithful=False)
    assert made.method == "integrated gradients" and made.score == pytest.approx(float(own @ target), abs=1e-4)
    assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-6)


def test_aligners_that_read_sequences_are_explained_without_the_store(few, store):
    run = fitted_run(few, store, "cnn", steps=5, width=8, layers=1)
    medium, own = medium_of(run, "text")
    target = run.result.space["image"].vectors[3]
    made = media_map(run, medium, target, store=store, faithful=False)
    assert made.score == pytest.approx(float(own @ target), abs=2e-3)


def test_the_word_that_names_the_picture_carries_the_text(demo_run, store):
    dog = placed_medium(demo_run, "text", "dog")
    made = media_map(demo_run, Media("q", "text", "q", text="A dog on the moon"), dog.place, store=store)
    assert made.parts[int(made.values.argmax())].label == "dog"
    assert made.faithfulness is not None and made.faithfulness.advantage > 0


def test_a_finer_grid_is_masked_in_windows(demo_run, store):
    medium, own = medium_of(demo_run, "image")
    masked = MaskedMedium(demo_run, medium, store=store, grid=14)
    made = map_of(masked, own, method="occlusion", faithful=False)
    assert len(made.values) == 196 and made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)


def test_the_same_map_comes_out_twice_and_progress_can_stop_it(demo_run, store):
    medium, own = medium_of(demo_run, "text")
    first, second = (media_map(demo_run, medium, own, store=store) for _ in range(2))
    assert np.array_equal(first.values, second.values) and first.faithfulness == second.faithfulness
    seen = []

    def stop(fraction, message):
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        media_map(demo_run, medium_of(demo_run, "image")[0], own, store=store, progress=stop)
    assert seen == sorted(seen) and 0 <= seen[0] <= seen[-1] <= 1


def test_black_pictures_silence_and_one_word_get_finite_maps(demo_run, store, tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "black.png")
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(64_000))
    target = demo_run.result.space["text"].vectors[0]
    media = [
        file_media("q", "image", tmp_path / "black.png", "black.png", Settings()),
        file_media("q", "audio", tmp_path / "silence.wav", "silence.wav", Settings()),
        Media("q", "text", "one", text="猫"),
    ]
    for medium in media:
        made = media_map(demo_run, medium, target, store=store, grid=3)
        assert np.isfinite(made.values).all() and np.isfinite([made.score, made.rest]).all()
        assert made.faithfulness is not None and not made.faithfulness.better
    assert not media_map(demo_run, media[0], np.zeros_like(target), store=store, grid=2).values.any()


def test_what_cannot_be_mapped_is_bad_input(demo_run, linear_run, store, tmp_path):
    target = demo_run.result.space["text"].vectors[0]
    text = Media("q", "text", "q", text="a dog")
    for medium, options, words in (
        (text, {"method": "lime"}, "unknown method 'lime'"),
        (text, {"method": "exact"}, "bridge does not place it by one linear map"),
        (text, {"method": "gradients"}, "no gradients"),
        (Media("q", "text", "q", text="  "), {}, "the text is empty"),
        (Media("q", "image", "q", path=str(tmp_path / "gone.png")), {}, "gone.png"),
        (Media("q", "video", "q", path="x.mp4"), {}, "this run holds no video"),
    ):
        with pytest.raises(BadInput, match=words):
            media_map(demo_run, medium, target, store=store, **options)
    picture, _ = medium_of(linear_run, "image")
    with pytest.raises(BadInput, match="grid of 7"):
        media_map(linear_run, picture, target, store=store, method="exact", grid=5)


# Pairs


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


# Recommendations


@pytest.mark.parametrize("query", [Query(text="a dog in the garden"), Query(item="dog")])
def test_maps_of_a_recommendation_are_in_units_of_its_score(linear_run, store, query):
    asked = answer(linear_run, query, store=store)
    found = asked.found[1]
    made = explain_recommendation(linear_run, asked, found.id, store=store, faithful=False)
    assert not made.notes
    item = {each.label: each for each in made.maps if each.side == "item"}
    for modality, share in found.contributions.items():
        if modality in item:
            assert item[modality].share == pytest.approx(share, abs=1e-5)
    for each in made.maps:
        assert each.map.values.sum() + each.map.rest == pytest.approx(each.map.score, abs=1e-6)
        if each.side == "query":
            assert each.map.score == pytest.approx(found.score, abs=1e-4)
            assert each.share == pytest.approx(found.score, abs=1e-4)


def test_an_uploaded_picture_and_a_wish_against_are_mapped_too(linear_run, store):
    from mmalign_core.workflow.answers.querying import Wish

    picture = placed_medium(linear_run, "image", "dog").medium.path
    query = Query(wishes=(Wish("image", picture), Wish("text", "a cat", -0.5)))
    asked = answer(linear_run, query, store=store)
    made = explain_recommendation(linear_run, asked, asked.found[0].id, store=store, faithful=False)
    shares = [each.share for each in made.maps if each.side == "query"]
    assert [each.medium.modality for each in made.maps if each.side == "query"] == ["image", "text"]
    assert sum(shares) == pytest.approx(asked.found[0].score, abs=1e-4)


def test_recommenders_that_do_not_look_at_media_say_so(linear_run, store):
    user = str(linear_run.collection.interactions["user_id"].iloc[0])
    asked = answer(linear_run, Query(user=user), store=store, recommender="popular")
    made = explain_recommendation(linear_run, asked, asked.found[0].id, store=store)
    assert not made.maps and "popular" in made.notes[0]


def test_what_a_text_adds_beside_a_history_is_mapped_in_the_mixed_score(linear_run, store):
    from mmalign_core.workflow.answers.querying import Wish

    user = str(linear_run.collection.interactions["user_id"].iloc[0])
    query = Query(wishes=(Wish("text", "a dog in the garden"), Wish("user", user)))
    asked = answer(linear_run, query, store=store, recommender="hybrid", params={"mix": "0.5,0.5"})
    item = asked.found[0].id
    made = explain_recommendation(linear_run, asked, item, store=store, faithful=False)
    (text,) = (each for each in made.maps if each.side == "query")
    shares = asked.model.shares(asked.asked, np.array([asked.items.row(item)]), "signal")
    assert text.share == pytest.approx(float(shares["text"][0]), abs=1e-4)
    assert text.map.score == pytest.approx(text.share, abs=1e-3)
