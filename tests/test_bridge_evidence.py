"""`bridge` adds the evidence of a known image encoder to its named concepts, and says what each part gives."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open

from benchmarks.train_bridge_head import bare, drawings, trained_on
from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.explainable import HasParts
from mmalign_core.aligners.matching.evidence import FOLDER
from mmalign_core.data.demo.items import demo_items
from mmalign_core.encoders import ENCODERS
from mmalign_core.types import BadInput, Concepts, EmbeddingSet
from mmalign_core.vectors import ROWS_AT_ONCE

IMAGE, TEXT = "efficientnet-lite0@57934424-2", "use-multilingual@3-fuse0.2"
IDS = tuple(f"i{i}" for i in range(6))


def pictures(encoder: str = IMAGE) -> EmbeddingSet:
    rng = np.random.default_rng(0)
    concepts = Concepts(
        tuple(f"l{i}" for i in range(1000)),
        rng.dirichlet(np.full(1000, 0.1), 6).astype(np.float32),
        rng.standard_normal((1000, 512)),
    )
    return EmbeddingSet("image", IDS, IDS, rng.random((6, 1280), np.float32), encoder, concepts)


def texts(encoder: str = TEXT) -> EmbeddingSet:
    return EmbeddingSet("text", IDS, IDS, np.random.default_rng(1).standard_normal((6, 512)), encoder)


def test_the_parts_shares_sum_to_the_score() -> None:
    model = ALIGNERS.create("bridge").fit({"image": pictures(), "text": texts()})
    assert isinstance(model, HasParts)
    image, text = model.transform(pictures()).astype(float), model.transform(texts()).astype(float)
    parts = model.parts()
    assert list(parts) == ["named concepts", "image: prototypes", "image: drawings"]
    assert sorted(i for span in parts.values() for i in range(image.shape[1])[span]) == list(range(image.shape[1]))
    shares = sum((image[:, span] * text[:, span]).sum(1) for span in parts.values())
    assert shares == pytest.approx((image * text).sum(1), abs=1e-12)
    assert np.linalg.norm(image, axis=1) == pytest.approx(1) and np.linalg.norm(text, axis=1) == pytest.approx(1)


def test_without_evidence_only_named_concepts_count() -> None:
    sets = {"image": pictures(), "text": texts()}
    alone = ALIGNERS.create("bridge", evidence=0).fit(sets)
    given = {"image": pictures("given@1"), "text": texts()}
    assert list(alone.parts()) == ["named concepts"] and alone.transform(texts()).shape == (6, 512)
    assert np.array_equal(alone.transform(pictures()), ALIGNERS.create("bridge").fit(given).transform(given["image"]))


def test_the_named_concepts_part_is_what_bridge_gives_alone() -> None:
    sets = {"image": pictures(), "text": texts()}
    model, alone = (ALIGNERS.create("bridge", evidence=s).fit(sets) for s in (1, 0))
    span = model.parts()["named concepts"]
    both = [m.transform(sets["image"]) @ m.transform(sets["text"]).T for m in (model, alone)]
    own = model.transform(sets["image"])[:, span] @ model.transform(sets["text"])[:, span].T
    factor = np.linalg.norm(own) / np.linalg.norm(both[1])
    assert 0.1 < factor < 0.5 and own == pytest.approx(factor * both[1], abs=1e-5)


def test_another_text_encoder_has_prototypes_and_no_head() -> None:
    model = ALIGNERS.create("bridge").fit({"image": pictures(), "text": texts("minilm@1")})
    assert list(model.parts()) == ["named concepts", "image: prototypes"]


def test_vectors_of_another_width_have_no_evidence_and_are_not_placed_beside_it() -> None:
    narrow = replace(pictures(), vectors=pictures().vectors[:, :100])
    assert list(ALIGNERS.create("bridge").fit({"image": narrow, "text": texts()}).parts()) == ["named concepts"]
    model = ALIGNERS.create("bridge").fit({"image": pictures(), "text": texts()})
    with pytest.raises(BadInput, match="image has 100 dimensions, bridge was fitted on 1280"):
        model.transform(narrow)


def test_sounds_beside_pictures_keep_their_named_concepts() -> None:
    image = pictures()
    audio = replace(image, modality="audio", vectors=image.vectors[:, :1024], encoder="given@1")
    model = ALIGNERS.create("bridge").fit({"image": image, "audio": audio, "text": texts()})
    placed = [model.transform(s) for s in (image, audio, texts())]
    assert len({p.shape for p in placed}) == 1
    span = model.parts()["named concepts"]
    assert np.linalg.norm(placed[1][:, span], axis=1) == pytest.approx(1)


def test_texts_in_several_blocks_and_no_texts_are_placed_alike() -> None:
    model = ALIGNERS.create("bridge").fit({"image": pictures(), "text": texts()})
    rows = np.arange(ROWS_AT_ONCE + 6) % 6
    assert model.transform(texts().take(rows))[-6:] == pytest.approx(model.transform(texts())[rows[-6:]], abs=1e-6)
    assert model.transform(texts().take([])).shape == (0, model.transform(texts()).shape[1])


def test_a_saved_fit_places_alike_and_a_saved_fit_without_evidence_loads() -> None:
    sets = {"image": pictures(), "text": texts()}
    model = ALIGNERS.create("bridge").fit(sets)
    again = ALIGNERS.create("bridge").load_state(model.state())
    old = ALIGNERS.create("bridge").load_state(
        {name: a for name, a in model.state().items() if not name.startswith("evidence.")}
    )
    assert all(np.array_equal(again.transform(s), model.transform(s)) for s in sets.values())
    assert old.transform(sets["text"]).shape == (6, 512)


def test_the_weights_are_small_and_fit_their_encoders() -> None:
    files = {path.stem: path for path in FOLDER.glob("*.safetensors")}
    assert "efficientnet-lite0" in files and set(files) <= set(ENCODERS.names())
    assert sum(path.stat().st_size for path in files.values()) <= 3_000_000


def test_the_stored_heads_saw_no_emoji_of_the_demo() -> None:
    demo = {bare(item.emoji) for item in demo_items() if item.emoji}
    for path in FOLDER.glob("efficientnet*.safetensors"):
        with safe_open(path, "numpy") as file:
            seen = file.metadata()["emoji"].split()
        assert len(seen) > 1000 and not demo & set(seen)


def test_no_drawing_of_the_demo_trains_the_head(tmp_path) -> None:
    demo = {bare(item.emoji) for item in demo_items() if item.emoji}
    assert len(trained_on()) > 1000 and not demo & set(map(bare, trained_on()))
    other, ours = trained_on()[0], min(demo)
    points = {"-".join(f"{ord(c):x}" for c in bare(e)): name for e, name in ((other, "other"), (ours, "ours"))}
    (tmp_path / "chars.json").write_text(json.dumps(points))
    (tmp_path / "icons.json").write_text(json.dumps({"icons": {name: {"body": "<g/>"} for name in ("other", "ours")}}))
    assert [e for e, _ in drawings(tmp_path)] == [other]
