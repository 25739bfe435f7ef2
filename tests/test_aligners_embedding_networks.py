"""The autoencoder: its terms against hand-made answers, and that every term does what it is for."""

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.types import BadInput, EmbeddingSet

RNG = np.random.default_rng(0)
LATENT = RNG.standard_normal((400, 6))
VIEWS = {m: RNG.standard_normal((6, d)) for m, d in (("text", 10), ("image", 14), ("audio", 8))}


def seen(modality: str, items: np.ndarray) -> EmbeddingSet:
    """Linear views of the latent points with a little noise."""
    rows = LATENT[items] @ VIEWS[modality]
    rows = rows + 0.05 * np.random.default_rng(len(modality)).standard_normal((400, rows.shape[1]))[items]
    ids = tuple(f"{i:03d}" for i in items)
    return EmbeddingSet(modality, ids, tuple(modality + i for i in ids), rows, "toy@1")


def sets(items: np.ndarray, *modalities: str) -> dict[str, EmbeddingSet]:
    return {m: seen(m, items) for m in modalities}


def top1(model, items: np.ndarray, a: str, b: str) -> float:
    x, y = (model.transform(seen(m, items)) for m in (a, b))
    return float(((x @ y.T).argmax(1) == np.arange(len(items))).mean())


def test_correlation_is_that_of_numpy() -> None:
    import torch

    from mmalign_core.aligners.embedding.autoencoder_losses import correlation

    x, y = RNG.standard_normal((2, 30, 4))
    there = {"a": torch.ones(30, dtype=torch.bool), "b": torch.arange(30) < 20}
    expected = 1 - np.mean([np.corrcoef(x[:20, k], y[:20, k])[0, 1] for k in range(4)])
    assert float(correlation({"a": torch.tensor(x), "b": torch.tensor(y)}, there)) == pytest.approx(expected, abs=1e-5)
    nobody = {m: torch.zeros(30, dtype=torch.bool) for m in "ab"}
    assert float(correlation({"a": torch.tensor(x), "b": torch.tensor(y)}, nobody)) == 0


def test_reconstructions_are_mean_squared_errors_of_own_and_other_rows() -> None:
    import torch

    from mmalign_core.aligners.embedding.autoencoder_losses import Decoder, cross_reconstruction, reconstruction

    decoders = {m: Decoder(3, d, 0, np.random.default_rng(d)) for m, d in (("a", 4), ("b", 5))}
    places = {m: torch.nn.functional.normalize(torch.randn(6, 3), dim=1) for m in decoders}
    rows = {m: decoders[m].rebuilt(places[m]).detach() for m in decoders}
    assert float(reconstruction(decoders, places, rows)) == 0
    present = {m: torch.ones(6, dtype=torch.bool) for m in decoders}
    expected = [(decoders[t].rebuilt(places[s]) - rows[t]).square().mean().item() for s, t in (("a", "b"), ("b", "a"))]
    found = float(cross_reconstruction(decoders, places, rows, present))
    assert found == pytest.approx(np.mean(expected)) and found > 0
    assert float(cross_reconstruction(decoders, {**places, "b": places["a"]}, rows, present)) == pytest.approx(
        (decoders["b"].rebuilt(places["a"]) - rows["b"]).square().mean().item() / 2
        + (decoders["a"].rebuilt(places["a"]) - rows["a"]).square().mean().item() / 2
    )


@pytest.mark.parametrize("agreement", ["contrastive", "correlation"])
def test_unseen_pairs_find_each_other_and_every_term_falls(agreement: str) -> None:
    model = ALIGNERS.create("autoencoder", agreement=agreement, start="random", steps=300, hidden=32, patience=0)
    model.fit(sets(np.arange(200), "text", "image"))
    assert top1(model, np.arange(300, 400), "text", "image") > 0.7
    first, last = model.history[0], model.history[-1]
    assert all(last[term] < first[term] for term in (agreement, "rebuilt", "crossed"))


def test_without_its_weight_a_modality_is_not_rebuilt() -> None:
    options = {"start": "random", "steps": 150, "hidden": 32, "patience": 0}
    rebuilt = [
        ALIGNERS.create("autoencoder", reconstruction=weight, cross=weight, **options)
        .fit(sets(np.arange(150), "text", "image"))
        .history[-1]["rebuilt"]
        for weight in (0.0, 1.0)
    ]
    assert rebuilt[1] < 0.6 * rebuilt[0]


def test_rows_without_a_partner_are_learnt_from() -> None:
    def places(text: np.ndarray) -> np.ndarray:
        given = {"text": seen("text", text), "image": seen("image", np.arange(60))}
        model = ALIGNERS.create("autoencoder", start="random", steps=40, hidden=16)
        return model.fit(given).transform(seen("text", np.arange(5)))

    assert np.abs(places(np.arange(60)) - places(np.arange(300))).max() > 1e-4


def test_a_third_modality_that_shares_items_with_one_only_joins_the_space() -> None:
    given = {"text": seen("text", np.arange(200)), "image": seen("image", np.arange(100))}
    given["audio"] = seen("audio", np.arange(100, 200))
    model = ALIGNERS.create("autoencoder", steps=150, hidden=32).fit(given)
    assert top1(model, np.arange(300, 400), "image", "audio") > 0.3  # never seen together; chance is 0.01


def test_too_few_pairs_and_identical_rows_are_refused_in_words() -> None:
    with pytest.raises(BadInput, match="at least 2"):
        ALIGNERS.create("autoencoder").fit({"text": seen("text", np.arange(9)), "image": seen("image", np.array([3]))})
    ids = tuple(f"{i:03d}" for i in range(30))
    alike = EmbeddingSet("text", ids, ids, np.ones((30, 4)), "toy@1")
    with pytest.raises(BadInput, match="text"):
        ALIGNERS.create("autoencoder").fit({"text": alike, "image": seen("image", np.arange(30))})
