"""Aligners that read sequences: what a single step says, padding, grids, missing modalities, the linear start."""

import numpy as np
import pytest
import torch

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.sequenced.nets import initialise
from mmalign_core.aligners.training import seed_weights, seeded_generator
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.sequences import Sequences, as_sequences

HEADS = ("cnn", "rnn", "transformer")
SEQUENCED = (*HEADS, "cross-attention")
FAST = {"width": 32, "steps": 120, "learning_rate": 5e-3, "noise": 0.1, "dropout": 0.0, "dims": 16}


def needles(items: range) -> dict[str, EmbeddingSet]:
    """A text's vector is a point; its picture has it in one marked step of five, and the others cancel it out."""
    rng = np.random.default_rng(3)
    points, view = rng.standard_normal((1000, 4)), rng.standard_normal((4, 8))
    decoys, place = rng.standard_normal((1000, 3, 4)), rng.integers(0, 5, 1000)
    sets = {}
    ids = tuple(f"{i:04d}" for i in items)
    pictures = []
    for i in items:
        others = np.concatenate([decoys[i], -points[i : i + 1] - decoys[i].sum(0, keepdims=True)])
        steps = np.insert(others, place[i], points[i], axis=0)
        pictures.append(np.hstack([steps, (np.arange(5) == place[i])[:, None] * 2.0]))
    means = np.array([p.mean(0) for p in pictures]) + 0.01 * rng.standard_normal((len(ids), 5))
    written = points[list(items)] @ view
    sets["image"] = EmbeddingSet(
        "image", ids, tuple(f"p{i}" for i in ids), means, "toy@1", sequences=as_sequences(pictures)
    )
    sets["text"] = EmbeddingSet(
        "text", ids, tuple(f"t{i}" for i in ids), written, "toy@1", sequences=as_sequences(list(written[:, None]))
    )
    return sets


def recall_at_10(model, sets: dict[str, EmbeddingSet]) -> float:
    scores = model.transform(sets["image"]) @ model.transform(sets["text"]).T
    return float((np.argsort(np.argsort(-scores, axis=1), axis=1).diagonal() < 10).mean())


@pytest.mark.parametrize("name", SEQUENCED)
def test_what_one_step_says_is_found_where_the_mean_says_nothing(name: str) -> None:
    seen, unseen = needles(range(400)), needles(range(600, 700))
    linear = ALIGNERS.create("cca").fit(seen)
    assert recall_at_10(linear, unseen) < 0.25
    model = ALIGNERS.create(name, **FAST).fit(seen)
    assert recall_at_10(model, unseen) > 0.8
    assert model.history and {"step", "loss", "validation"} <= set(model.history[0])


@pytest.mark.parametrize("name", HEADS)
def test_what_stands_behind_the_end_of_a_sequence_never_counts(name: str) -> None:
    body = seed_weights(ALIGNERS.create(name).body(16, 0), seeded_generator(1)).eval()
    steps = torch.randn(3, 4, 16, generator=seeded_generator(0))
    whole = torch.ones(3, 4, dtype=torch.bool)
    behind = torch.cat([steps, torch.full((3, 3, 16), 1e3)], dim=1)
    present = torch.cat([whole, torch.zeros(3, 3, dtype=torch.bool)], dim=1)
    with torch.no_grad():
        torch.testing.assert_close(body(behind, present), body(steps, whole), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("params", [{"cell": "lstm"}, {"both_ways": False}])
def test_the_order_of_steps_counts_for_a_recurrent_network(params: dict) -> None:
    body = seed_weights(ALIGNERS.create("rnn", **params).body(8, 0), seeded_generator(1))
    steps, there = torch.randn(1, 5, 8, generator=seeded_generator(0)), torch.ones(1, 5, dtype=torch.bool)
    assert not torch.allclose(body(steps, there), body(steps.flip(1), there), atol=1e-3)


def test_a_square_of_cells_is_read_in_both_directions() -> None:
    """A cell's neighbour above is as near as the one to its left: turning the square by its diagonal is a transpose."""
    body = seed_weights(ALIGNERS.create("cnn", layers=1).body(8, 3), seeded_generator(1))
    cells, there = torch.randn(1, 9, 8, generator=seeded_generator(0)), torch.ones(1, 9, dtype=torch.bool)
    turned = cells.unflatten(1, (3, 3)).transpose(1, 2).flatten(1, 2)
    with torch.no_grad():
        before = body(cells, there)
        for convolution in body.convolutions:
            convolution.weight.copy_(convolution.weight.transpose(2, 3).clone())
        torch.testing.assert_close(body(turned, there), before, atol=1e-5, rtol=1e-5)


def squares(sets: dict[str, EmbeddingSet], cells: int) -> dict[str, EmbeddingSet]:
    rng, image = np.random.default_rng(0), sets["image"]
    steps = as_sequences(list(rng.standard_normal((len(image), cells, 5))))
    return {**sets, "image": EmbeddingSet("image", image.ids, image.keys, image.vectors, "toy@1", sequences=steps)}


def test_pictures_of_another_number_of_cells_are_refused() -> None:
    model = ALIGNERS.create("cnn", width=8, steps=1).fit(squares(needles(range(60)), 9))
    with pytest.raises(BadInput, match="image of 3 x 3 cells"):
        model.transform(squares(needles(range(5)), 4)["image"])


@pytest.mark.parametrize("name", SEQUENCED)
def test_it_starts_where_the_linear_maps_place(name: str) -> None:
    model = ALIGNERS.create(name, width=8, steps=1).fit(needles(range(60)))
    readers = model._readers
    maps = {m: np.random.default_rng(0).standard_normal((len(r.centre), 6)) for m, r in readers.items()}
    net = initialise(model.network(readers, 6), maps, seeded_generator(0))
    for m, rows in needles(range(20)).items():
        read = readers[m].read(name, rows)
        (batch,) = read.blocks(np.arange(20), 64)
        linear = read.vectors @ maps[m]
        expected = linear / np.linalg.norm(linear, axis=1, keepdims=True)
        np.testing.assert_allclose(net({m: batch}).detach().numpy(), expected, atol=1e-5)


def test_too_few_pairs_to_hold_any_out_keep_the_linear_start() -> None:
    sets = needles(range(20))
    model = ALIGNERS.create("transformer", width=8, prior="off").fit(sets)
    assert not model.history
    assert not any(a.any() for name, a in model.state().items() if name.endswith("leave.weight"))


@pytest.mark.parametrize("name", SEQUENCED)
def test_sets_without_sequences_are_refused_before_the_work(name: str) -> None:
    sets = needles(range(60))
    bare = EmbeddingSet("text", sets["text"].ids, sets["text"].keys, sets["text"].vectors, "toy@1")
    with pytest.raises(BadInput, match=f"{name} reads sequences, and the text has none"):
        ALIGNERS.create(name).fit({**sets, "text": bare})


def test_a_width_that_attention_cannot_share_is_refused() -> None:
    with pytest.raises(BadInput, match="multiple of 4"):
        ALIGNERS.create("transformer", width=9).fit(needles(range(60)))


def three(items: range) -> dict[str, EmbeddingSet]:
    """A third modality that half of the items have, twice each."""
    sets, rng = needles(items), np.random.default_rng(5)
    half = [i for i, item in enumerate(sets["text"].ids) if int(item) % 2]
    rows = sets["text"].take([i for i in half for _ in range(2)])
    heard = rows.vectors @ rng.standard_normal((8, 6)) + 0.1 * rng.standard_normal((len(rows), 6))
    keys = tuple(f"s{n}" for n in range(len(rows)))
    steps = as_sequences(list(np.repeat(heard[:, None], 3, axis=1)))
    return {**sets, "audio": EmbeddingSet("audio", rows.ids, keys, heard, "toy@1", sequences=steps)}


def test_items_are_fused_from_whatever_they_have() -> None:
    sets = three(range(200))
    model = ALIGNERS.create("cross-attention", **{**FAST, "steps": 60}).fit(sets)
    ids, places = model.fuse(sets)
    assert set(ids) == set(sets["text"].ids) and len(places) == len(ids)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1, atol=1e-5)
    alone_ids, alone = model.fuse({"text": sets["text"]})
    np.testing.assert_allclose(alone, model.transform(sets["text"]), atol=1e-5)
    assert alone_ids == sets["text"].ids
    lacking = [i for i, item in enumerate(ids) if not int(item) % 2]
    without = model.fuse({m: s for m, s in sets.items() if m != "audio"})
    of = dict(zip(without[0], without[1]))
    np.testing.assert_allclose(places[lacking], [of[ids[i]] for i in lacking], atol=1e-5)


def test_fusing_does_not_depend_on_the_order_of_sets_rows_or_steps() -> None:
    sets = three(range(80))
    model = ALIGNERS.create("cross-attention", **{**FAST, "steps": 20}).fit(sets)
    ids, places = model.fuse(sets)
    turned = {m: reversed_steps(s.take(np.arange(len(s))[::-1])) for m, s in reversed(sets.items())}
    again = dict(zip(*model.fuse(turned)))
    np.testing.assert_allclose([again[item] for item in ids], places, atol=1e-4)


def reversed_steps(rows: EmbeddingSet) -> EmbeddingSet:
    assert rows.sequences is not None
    steps = as_sequences([rows.sequences[i][::-1] for i in range(len(rows))])
    assert isinstance(steps, Sequences)
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, rows.vectors, rows.encoder, sequences=steps)
