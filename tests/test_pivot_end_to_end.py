"""Pivot as a person uses it: tiny CLIP and CLAP models from folders, through the command line and back from the run."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions
from mmalign_core.settings import Settings
from mmalign_core.spaces import text_tower
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow import Choices, QuerySpec, align, encode, load_run, open_collection, recommend, takers
from mmalign_core.workflow.alignment.inputs import has_towers, usable_sets
from mmalign_core.workflow.recommendation.queries import place_part
from tests.tiny_clap import noise, save_clap, save_wav, tone
from tests.tiny_clip import saved

hide_broken_companions()
pytest.importorskip("transformers", reason="transformers is an optional package")

ITEMS = 14
OWN = ["--param", "vocabulary=false"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"open-clip:local-dir:{saved(tmp_path_factory.mktemp('pivot') / 'clip')}"


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"clap:{save_clap(tmp_path_factory.mktemp('pivot') / 'clap')}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, sounds and texts; two items tell the same."""
    root = tmp_path_factory.mktemp("pivot-data")
    rng, rows = np.random.default_rng(0), []
    for i in range(ITEMS):
        pixels = (np.linspace(0, 255, 60)[None, :, None] * rng.random(3) + rng.integers(0, 40, (50, 60, 3))).clip(
            0, 255
        )
        Image.fromarray(pixels.astype(np.uint8)).save(root / f"{i}.png")
        save_wav(root / f"{i}.wav", tone(1, 200 + 90 * i) + noise(1, i) * rng.random())
        told = f"a {('dog', 'train', 'red car')[i % 3]} and {max(i, 1)} birds on wet sand"
        rows.append({"id": f"i{i}", "text": told, "image": f"{i}.png", "audio": f"{i}.wav"})
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.fixture(scope="module")
def run(folder: Path, clip: str, clap: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Aligned on the command line; the texts are read by the default text encoder, a third space."""
    target = str(tmp_path_factory.mktemp("pivot-run") / "run")
    chosen = ["--encoder", f"image={clip}", "--encoder", f"audio={clap}", "--aligner", "pivot", *OWN]
    assert main(["align", str(folder), "--pair", "image:audio", *chosen, "--test", "0.3", "--save", target]) == 0
    return target


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    capsys.readouterr()
    assert main([*argv, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_of_three_spaces_can_be_asked_by_each_modality(
    run: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (
        ("--query-text", "a dog"),
        ("--query-image", str(folder / "3.png")),
        ("--query-audio", str(folder / "3.wav")),
    )
    for query in asked:
        found = said(capsys, "recommend", run, *query, "-k", "4")["items"]
        assert [row["rank"] for row in found] == [1, 2, 3, 4]
        assert all(abs(sum(row["contributions"].values()) - row["score"]) < 1e-5 for row in found)
    assert said(capsys, "project", run, "--out", str(folder / "map.parquet"))["rows"] == 3 * ITEMS


def test_a_score_is_explained_exactly(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "explain", run, "--a", "image:i1", "--b", "audio:i2")
    assert found and np.isfinite(found["score"])


def test_a_medium_asked_with_lies_where_the_run_holds_it(run: str, folder: Path, store: Store) -> None:
    held = load_run(run, store=store)
    assert set(held.result.space) == {"image", "audio", "text"}
    told = held.collection.media_of("text")[5].text
    for query in (
        QuerySpec.of(image=str(folder / "5.png")),
        QuerySpec.of(audio=str(folder / "5.wav")),
        QuerySpec.of(text=told),
    ):
        placed = place_part(held, query, store=store)
        rows = held.result.space[placed.modality]
        np.testing.assert_allclose(placed.vectors[0], rows.vectors[rows.ids.index("i5")], atol=1e-4)


def test_without_texts_the_vocabulary_alone_links(folder: Path, clip: str, clap: str, store: Store) -> None:
    silent = folder / "silent.jsonl"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    silent.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "text"}) + "\n" for row in rows))
    collection = open_collection(silent)
    encoding = encode(collection, {"image": clip, "audio": clap}, store=store)
    choices = Choices(pair=("image", "audio"), aligner="pivot")
    sets = usable_sets(encoding.sets, choices, store, collection.media)
    pivots = sets["image"].pivots
    assert pivots is not None and len(pivots) > 1400 and not any(pivots.owners)
    done = align(collection, encoding, choices, store=store)
    assert set(done.result.space) == {"image", "audio"} and done.report["split"] == "none"
    placed = place_part(done, QuerySpec.of(text="a photo of a tench"), store=store)
    found = recommend(done, QuerySpec.of(text="a photo of a tench", k=3), store=store)
    assert np.linalg.norm(placed.vectors[0]) == pytest.approx(1, abs=1e-4) and len(found) == 3
    read = pivots.vectors[pivots.texts.index("a photo of a tench")]
    shown = EmbeddingSet("text", ("x",), ("x",), read[None], "tower")
    np.testing.assert_allclose(done.aligner.transform(shown), placed.vectors, atol=1e-4)
    with pytest.raises(BadInput, match="0 texts to link"):
        align(collection, encoding, Choices(("image", "audio"), "pivot", {"vocabulary": False}), store=store)


def test_own_texts_link_for_the_items_that_hold_them(folder: Path, clip: str, clap: str, store: Store) -> None:
    collection = open_collection(folder)
    encoding = encode(collection, {"image": clip, "audio": clap, "text": clap}, store=store)
    choices = Choices(("image", "audio"), "pivot", {"vocabulary": False, "own_texts": 12})
    sets = usable_sets(encoding.sets, choices, store, collection.media)
    held = {m: s.pivots for m, s in sets.items()}
    assert all(p is not None and len(p) == 12 and p.texts == held["image"].texts for p in held.values())  # type: ignore[union-attr]
    owners = dict(zip(held["text"].texts, held["text"].owners))  # type: ignore[union-attr]
    for medium in collection.media_of("text"):
        if medium.text in owners:
            assert medium.item in owners[medium.text]
    np.testing.assert_array_equal(held["text"].vectors, held["audio"].vectors)  # type: ignore[union-attr]
    own = dict(zip((m.text for m in collection.media_of("text")), sets["text"].vectors))
    for text, vector in zip(held["text"].texts, held["text"].vectors):  # type: ignore[union-attr]
        np.testing.assert_allclose(vector, own[text], atol=1e-6)


def test_sounds_that_no_picture_goes_with_join_pictures_with_texts(
    folder: Path, clip: str, clap: str, store: Store
) -> None:
    apart = folder / "apart.jsonl"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    seen = [{k: v for k, v in row.items() if k != "audio"} for row in rows]
    heard = [{"id": f"sound-{row['id']}", "audio": row["audio"]} for row in rows]
    apart.write_text("".join(json.dumps(row) + "\n" for row in (*seen, *heard)))
    collection = open_collection(apart)
    encoding = encode(collection, {"image": clip, "audio": clap}, store=store)
    choices = Choices(("image", "text"), "pivot", {"vocabulary": False}, test=0.3)
    done = align(collection, encoding, choices, store=store)
    assert set(done.result.space) == {"image", "text", "audio"} and done.report["left_out"] == []
    placed = place_part(done, QuerySpec.of(audio=str(folder / "4.wav")), store=store)
    sounds = done.result.space["audio"]
    np.testing.assert_allclose(placed.vectors[0], sounds.vectors[sounds.ids.index("sound-i4")], atol=1e-4)
    held = usable_sets(encoding.sets, choices, store, collection.media)["image"].pivots
    assert held is not None and all(len(owners) >= 1 for owners in held.owners)


def test_towers_are_found_by_the_space_they_share(clip: str, clap: str) -> None:
    assert text_tower(f"{clip}@1", "image") == clip and text_tower(f"{clap}@1", "audio") == clap
    assert text_tower(f"video-frames:{clip}@1", "video") == clip
    assert text_tower("use-multilingual@1", "text") == "use-multilingual"
    for key, modality in (("efficientnet-lite0@1", "image"), ("given@1", "text"), ("video-frames@1", "video")):
        assert text_tower(key, modality) is None


def test_encoders_without_a_text_tower_are_named_before_any_text_is_read(
    folder: Path, clap: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["align", str(folder), "--pair", "image:audio", "--encoder", f"audio={clap}", "--aligner", "pivot"]
    assert main(asked) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "no text encoder shares the space of image by 'efficientnet-lite0" in told and "bridge" in told
    encoding = encode(open_collection(folder), {"audio": clap}, store=store)
    assert "pivot" not in takers(encoding, ("image", "audio")) and "pivot" in takers(encoding, ("audio", "text"))
    assert has_towers([encoding.sets["text"]]) and not has_towers([encoding.sets["image"]])
    assert Settings().root == store.root


def test_spaces_are_linked_where_no_item_has_both(folder: Path, clip: str, clap: str, store: Store) -> None:
    apart, rows = folder / "apart.jsonl", []
    for i in range(ITEMS):
        rows += [{"id": f"p{i}", "image": f"{i}.png"}, {"id": f"s{i}", "audio": f"{i}.wav"}]
    apart.write_text("".join(json.dumps(row) + "\n" for row in rows))
    collection = open_collection(apart)
    encoding = encode(collection, {"image": clip, "audio": clap}, store=store)
    run = align(collection, encoding, Choices(pair=("image", "audio"), aligner="pivot"), store=store)
    assert run.report["metrics"] == {} and run.report["unmeasured"] == "no item has both image and audio"
    found = recommend(run, QuerySpec.of(audio=str(folder / "3.wav"), k=2), store=store)
    assert found and {len(rows) for rows in run.result.space.values()} == {ITEMS}
