"""Fused queries are measured beside each of their modalities, over the same items."""

import numpy as np
import pytest

from mmalign_core.metrics.report import fused_set, measure_fused
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput, EmbeddingSet

CHOICES = Scoring(SIMILARITIES.create("cosine"), CORRECTIONS.create("none"), MATCHERS.create("argmax"))


def rows(modality: str, vectors: np.ndarray, ids: tuple[str, ...] = tuple("abcd"), keys: str = "") -> EmbeddingSet:
    return EmbeddingSet(modality, ids, tuple(keys) or tuple(modality + i for i in ids), vectors, "toy@1")


def test_only_whole_items_are_fused_and_their_content_is_that_of_all_parts() -> None:
    parts = {
        "image": rows("image", np.eye(4), keys="xxyz"),
        "audio": rows("audio", np.eye(4)[:3], ("a", "b", "d"), "uuv"),
    }
    found = fused_set(("a", "b", "c", "d"), np.eye(4), parts)
    assert found.modality == "image+audio" and found.ids == ("a", "b", "d")
    np.testing.assert_array_equal(found.vectors, np.eye(4, dtype=np.float32)[[0, 1, 3]])
    assert found.keys[0] == found.keys[1] != found.keys[2]
    with pytest.raises(BadInput, match=r"image\+audio"):
        fused_set(
            ("a",), np.eye(1), {"image": rows("image", np.eye(1), ("a",)), "audio": rows("audio", np.eye(1), ("b",))}
        )


def test_each_half_finds_half_and_both_find_all() -> None:
    corner = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], float)
    space = {
        "image": rows("image", corner * [1, 0]),
        "audio": rows("audio", corner * [0, 1]),
        "text": rows("text", corner),
    }
    fused = fused_set(tuple("abcd"), corner, {m: space[m] for m in ("image", "audio")})
    found = measure_fused(fused, space, "text", CHOICES)
    assert set(found) == {"image+audio->text", "image->text", "audio->text", "text->image+audio"}
    recall = {way: d.metrics(d.outcome)["recall@1"] for way, d in found.items()}
    assert recall["image+audio->text"] == recall["text->image+audio"] == 1
    assert recall["image->text"] == recall["audio->text"] == 0  # two candidates tie: a tie never helps
