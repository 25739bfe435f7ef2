"""The report of a run compares whole items with each modality alone."""

import numpy as np
import pandas as pd
import pytest

from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Encoding, align
from pages._panels.align.report import verdict


def halves(whole: int = 120, items: int = 150) -> tuple[Collection, Encoding]:
    """The text knows all of an item, its picture the first half, its sound (which few items lack) the other half."""
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(items, 12)).astype(np.float32)
    ids = tuple(f"i{n:03d}" for n in range(items))
    vectors = {"text": latent, "image": latent[:, :6], "audio": latent[:whole, 6:]}
    sets = {}
    for m, x in vectors.items():
        seen = x @ rng.normal(size=(x.shape[1], 12)) + 0.3 * rng.normal(size=(len(x), 12))
        sets[m] = EmbeddingSet(m, ids[: len(x)], tuple(m + i for i in ids[: len(x)]), seen, "given@1")
    collection = Collection("halves", pd.DataFrame(index=list(ids)), (), vectors=sets)
    return collection, Encoding(sets, dict.fromkeys(sets, "given@1"), {}, (), {})


@pytest.mark.parametrize("choices", [{"folds": 3}, {"test": 0.3}])
def test_two_halves_together_find_the_whole_better_than_either(choices: dict, store: Store) -> None:
    fused = align(*halves(), Choices(aligner="gcca", **choices), store=store).report["fused"]
    mrr = {way: row["mrr"] for way, row in fused["metrics"].items()}
    assert mrr["image+audio->text"] > max(mrr["image->text"], mrr["audio->text"]) + 0.1
    assert {row["n"] for row in fused["metrics"].values()} == {120 if "folds" in choices else row_n(fused)}
    low, high = fused["ci95"]["image+audio->text"]["mrr"]
    assert low <= mrr["image+audio->text"] <= high
    assert fused["baseline"]["image+audio->text"]["mrr"] < low


def row_n(fused: dict) -> int:
    """How many whole items were measured; the same for every way."""
    return next(iter(fused["metrics"].values()))["n"]


@pytest.mark.parametrize(("aligner", "whole"), [("cca", 120), ("gcca", 12)])
def test_with_two_modalities_or_few_whole_items_nothing_is_said_of_fusing(
    aligner: str, whole: int, store: Store
) -> None:
    assert "fused" not in align(*halves(whole), Choices(aligner=aligner, folds=3), store=store).report


def test_too_few_queries_to_beat_chance_are_called_chance() -> None:
    ways = ("image+audio->text", "image->text")
    metrics = {way: {"mrr": 0.6, "n": 3} for way in ways}
    sure, unsure = ({way: {"mrr": ends} for way in ways} for ends in ((0.5, 0.8), (0.2, 0.9)))
    shuffled = {way: {"mrr": 0.4} for way in ways}
    assert "No better than chance" in verdict(metrics, unsure, shuffled)
    assert "together" in verdict(metrics, sure, shuffled) and "chance" not in verdict(metrics, sure, shuffled)
