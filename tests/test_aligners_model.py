"""Contrastive towers over vectors, the bridge as their prior, and `auto`."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.model.prior import Prior
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.aligners.towers.batches import Batch
from mmalign_core.aligners.training import seeded_generator
from mmalign_core.types import BadInput, Cancelled, Concepts, EmbeddingSet
from mmalign_core.vectors import unit_rows

Sets = Mapping[str, EmbeddingSet]
LATENT, WIDTH = 6, 16
MODALITIES = ("text", "image", "audio")


def seen_latents(items: range, noise: float = 0.2) -> dict[str, EmbeddingSet]:
    """Random noisy views of one latent point an item."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((1000, LATENT))
    found = {}
    for m in MODALITIES:
        x = latent @ rng.standard_normal((LATENT, WIDTH)) + noise * rng.standard_normal((1000, WIDTH))
        found[m] = EmbeddingSet(m, tuple(f"{i:03d}" for i in items), tuple(f"{m}{i}" for i in items), x[items], "toy@1")
    return found


def pair(sets: Sets) -> dict[str, EmbeddingSet]:
    return {m: sets[m] for m in ("image", "text")}


def recall_at_1(model, sets: Sets, a: str = "image", b: str = "text") -> float:
    scores = model.transform(sets[a]) @ model.transform(sets[b]).T
    return float((scores.argmax(1) == np.arange(len(scores))).mean())


def test_linear_towers_find_unseen_partners() -> None:
    model = ALIGNERS.create("infonce-linear").fit(pair(seen_latents(range(300))))
    assert recall_at_1(model, seen_latents(range(300, 400))) > 0.9


def test_the_hidden_layer_finds_what_no_linear_map_can() -> None:
    """The text sees squares of what the picture sees, with which they do not correlate."""
    rng = np.random.default_rng(0)
    latent, ids = rng.standard_normal((700, 3)), tuple(f"{i:03d}" for i in range(700))
    seen = {"image": latent @ rng.standard_normal((3, 8)), "text": latent**2 @ rng.standard_normal((3, 8))}
    sets = {m: EmbeddingSet(m, ids, tuple(m + i for i in ids), x, "toy@1") for m, x in seen.items()}
    train, test = ({m: s.take(rows) for m, s in sets.items()} for rows in (range(600), range(600, 700)))
    linear = ALIGNERS.create("infonce-linear", noise=0.1).fit(train)
    hidden = ALIGNERS.create("infonce-mlp", noise=0.1, dropout=0.0, hidden=64, steps=150, batch=256, learning_rate=1e-2)
    assert recall_at_1(linear, test) < 0.2 and recall_at_1(hidden.fit(train), test) > 0.5


@pytest.mark.parametrize(
    "params", [{"loss": "sigmoid"}, {"start": "random"}, {"mixup": 1.0}, {"start": "as-is"}, {"noise": 0.2}], ids=str
)
def test_each_choice_learns(params: dict) -> None:
    steps = {"steps": 150, "learning_rate": 1e-2} if "start" in params else {}
    model = ALIGNERS.create("infonce-linear", **params, **steps).fit(pair(seen_latents(range(300))))
    assert recall_at_1(model, seen_latents(range(300, 400))) > 0.5


def test_three_modalities_at_once_also_where_items_lack_one() -> None:
    sets = dict(seen_latents(range(300)))
    sets["audio"], sets["text"] = sets["audio"].take(range(200)), sets["text"].take(range(100, 300))
    model, unseen = ALIGNERS.create("infonce-linear").fit(sets), seen_latents(range(300, 400))
    assert min(recall_at_1(model, unseen, a, b) for a, b in (("image", "text"), ("audio", "text"))) > 0.8


@pytest.mark.parametrize("pairs", [20, 150])
def test_vectors_that_already_agree_are_left_as_they_are(pairs: int) -> None:
    rng = np.random.default_rng(0)
    text = rng.standard_normal((150, 64)).astype(np.float32)
    both = {"image": text + 1.0 * rng.standard_normal((150, 64)).astype(np.float32), "text": text}
    ids = tuple(f"{i:03d}" for i in range(150))
    sets = {m: EmbeddingSet(m, ids, tuple(m + i for i in ids), x, "one@1") for m, x in both.items()}
    model = ALIGNERS.create("infonce-linear").fit({m: s.take(range(pairs)) for m, s in sets.items()})
    assert model.chosen.start.kind == "as-is" and model.chosen.step == 0
    for s in sets.values():
        np.testing.assert_allclose(model.transform(s), unit_rows(s.vectors), atol=1e-5)


def test_classes_with_one_text_each_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    classes, texts = np.arange(200) % 5, rng.standard_normal((5, WIDTH))
    sounds = rng.standard_normal((5, WIDTH))[classes] + 0.4 * rng.standard_normal((200, WIDTH))
    ids = tuple(f"{i:03d}" for i in range(200))
    sets = {
        "audio": EmbeddingSet("audio", ids, ids, sounds, "toy@1"),
        "text": EmbeddingSet("text", ids, tuple(f"class {c}" for c in classes), texts[classes], "toy@1"),
    }
    train, test = ({m: s.take(rows) for m, s in sets.items()} for rows in (range(150), range(150, 200)))
    model = ALIGNERS.create("infonce-linear").fit(train)
    named = model.transform(sets["text"].take(range(5)))
    assert ((model.transform(test["audio"]) @ named.T).argmax(1) == classes[150:]).mean() > 0.95


def with_concepts(sets: Sets, sharpness: float) -> dict[str, EmbeddingSet]:
    """Images whose posterior names the nearest of 40 labels in text space, the surer the sharper."""
    labels = np.random.default_rng(5).standard_normal((40, WIDTH)).astype(np.float32)
    likely = np.exp(sharpness * sets["text"].vectors @ labels.T)
    seen = Concepts(tuple(map(str, range(40))), likely / likely.sum(1, keepdims=True), labels)
    image = sets["image"]
    return {**sets, "image": EmbeddingSet("image", image.ids, image.keys, image.vectors, "toy@1", seen)}


def test_the_prior_is_the_weighted_mean_of_both_cosines() -> None:
    sets = with_concepts(pair(seen_latents(range(50))), 0.2)
    trained = {m: unit_rows(np.random.default_rng(i).standard_normal((50, 7))) for i, m in enumerate(sets)}
    prior = Prior(Prior.of(sets).bridge, 0.3)
    image, text = (prior.join(trained[m], sets[m]) for m in ("image", "text"))
    told = [prior.bridge.transform(sets[m]) for m in ("image", "text")]
    expected = 0.7 * trained["image"] @ trained["text"].T + 0.3 * told[0] @ told[1].T
    np.testing.assert_allclose(image @ text.T, expected, atol=1e-5)
    again = Prior.of_arrays(prior.arrays())
    np.testing.assert_array_equal(again.join(trained["image"], sets["image"]), image)


def test_the_prior_counts_only_as_far_as_it_helps() -> None:
    sets = with_concepts(pair(seen_latents(range(60))), 0.2)
    held, right = paired_rows(sets, "test"), np.eye(60, dtype=np.float32)
    noise = {m: unit_rows(np.random.default_rng(i).standard_normal((60, 60))) for i, m in enumerate(sets)}
    assert Prior.of(sets).with_best_weight(noise, sets, held).weight >= 0.5
    assert Prior.of(sets).with_best_weight({"image": right, "text": right}, sets, held) == Prior()
    assert Prior.of(pair(seen_latents(range(60)))) == Prior()


def test_concepts_help_where_pairs_are_few_and_can_be_left_out() -> None:
    def views(items: range) -> dict[str, EmbeddingSet]:
        return with_concepts(pair(seen_latents(items, noise=2.0)), 0.2)

    used, unused = (ALIGNERS.create("infonce-linear", prior=p).fit(views(range(60))) for p in ("auto", "off"))
    assert recall_at_1(used, views(range(300, 400))) > recall_at_1(unused, views(range(300, 400)))
    assert used.transform(views(range(2))["text"]).shape[1] > unused.transform(views(range(2))["text"]).shape[1]


def test_mixup_blends_all_modalities_alike() -> None:
    import torch

    x, there = torch.randn(8, 3, generator=seeded_generator(0)), torch.tensor([True] * 7 + [False])
    batch = Batch(
        {"image": x, "text": 2 * x}, {"image": ~torch.zeros(8, dtype=torch.bool), "text": there}, torch.arange(8)
    )
    mixed = batch.mixed(1.0, seeded_generator(1))
    torch.testing.assert_close(mixed.rows["text"], 2 * mixed.rows["image"])
    assert not torch.equal(mixed.rows["image"], x) and not mixed.present["text"][7]
    assert mixed.rows["image"].mean(0) == pytest.approx(x.mean(0), abs=1e-6)


def test_auto_picks_by_the_number_of_pairs_and_says_so() -> None:
    sets = pair(seen_latents(range(150)))
    picks = [({}, "infonce-linear"), ({"few": 100, "many": 120}, "infonce-mlp")]
    for params, expected in picks:
        model = ALIGNERS.create("auto", **params).fit(sets)
        assert model.selected == expected
        assert model.history[-1] == {"hidden": float(expected == "infonce-mlp")}
        again = ALIGNERS.create("auto", **params).load_state(model.state())
        np.testing.assert_array_equal(again.transform(sets["text"]), model.transform(sets["text"]))
    tried = ALIGNERS.create("auto", few=100, many=1000).fit(sets)
    assert {row["dropout"] for row in tried.history if "dropout" in row} > {0.0}


def test_a_fit_that_another_beats_is_not_repeated_on_all_pairs() -> None:
    ended, whole = ALIGNERS.create("infonce-linear", start="random"), ALIGNERS.create("infonce-linear", start="random")
    ended.to_beat = 2.0  # above any reciprocal rank
    for model, trainings in ((ended, 2), (whole, 3)):
        steps = [row["step"] for row in model.fit(pair(seen_latents(range(120)))).history if "step" in row]
        assert 1 + sum(b <= a for a, b in pairwise(steps)) == trainings


def test_the_history_holds_each_training_and_what_was_chosen() -> None:
    model, rows, said = ALIGNERS.create("infonce-linear"), [], []
    model.watch = rows.append
    model.fit(pair(seen_latents(range(120))), progress=lambda done, what: said.append((done, what)))
    steps = [row["step"] for row in rows if "step" in row]
    assert rows == list(model.history) and 1 <= sum(b <= a for a, b in pairwise(steps)) <= 2
    assert set(rows[0]) == {"step", "loss", "validation"}
    assert [set(row) for row in rows if "step" not in row] == [{"noise", "dropout", "prior", "ridge"}]
    assert [done for done, _ in said] == sorted(done for done, _ in said) and "cca start" in said[-1][1]


def test_a_fit_can_be_cancelled() -> None:
    def cancel(done: float, what: str) -> None:
        if done > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        ALIGNERS.create("infonce-mlp").fit(pair(seen_latents(range(120))), progress=cancel)


def test_bad_input_is_one_sentence() -> None:
    sets = pair(seen_latents(range(40)))
    same = EmbeddingSet("text", sets["text"].ids, sets["text"].keys, np.ones((40, WIDTH)), "toy@1")
    wide = EmbeddingSet("text", sets["text"].ids, sets["text"].keys, np.random.default_rng(0).random((40, 3)), "toy@1")
    alone = {"image": sets["image"].take(range(20)), "text": sets["text"].take(range(20, 40))}
    for bad, words, params in (
        ({**sets, "text": same}, "identical", {}),
        ({**sets, "text": wide}, "dimensions differ", {"start": "as-is"}),
        (alone, "image and text", {}),
    ):
        with pytest.raises(BadInput, match=words):
            ALIGNERS.create("infonce-linear", **params).fit(bad)


@pytest.mark.parametrize("name", ["infonce-linear", "infonce-mlp", "auto"])
@pytest.mark.parametrize("pairs", [2, 5, 12])
def test_a_handful_of_pairs_gives_finite_places(name: str, pairs: int) -> None:
    sets = pair(seen_latents(range(pairs)))
    placed = ALIGNERS.create(name).fit(sets).transform(sets["image"])
    assert np.isfinite(placed).all()
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-4)


def test_constant_and_duplicate_columns_and_few_rows_of_one_modality() -> None:
    sets = pair(seen_latents(range(200)))
    x = np.hstack([sets["image"].vectors, sets["image"].vectors[:, :2], np.full((200, 1), 7.0)])
    wide = EmbeddingSet("image", sets["image"].ids, sets["image"].keys, x, "toy@1")
    model = ALIGNERS.create("infonce-linear").fit({"image": wide, "text": sets["text"].take(range(40))})
    assert np.isfinite(model.transform(wide)).all()
