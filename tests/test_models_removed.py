"""Removed, replaced and missing models: stored vectors stay usable, and no other model replaces them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.data import read_collection
from mmalign_core.encoders import create_encoder, full_reference
from mmalign_core.encoders.base import ENCODERS
from mmalign_core.encoders.batched import batches
from mmalign_core.encoders.batched.instances import encoder, encoder_of
from mmalign_core.spaces import reference_of, space_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, QuerySpec, align, encode, recommend
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import save_clap, save_wav, tone
from tests.tiny_clip import TEXTS, mixed_pictures, saved

AS_IS = Choices(pair=("image", "text"), aligner="as-is")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return saved(tmp_path / "clip")


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rows = [f"{i},{path},{TEXTS[i % 3]} {i}" for i, path in enumerate(mixed_pictures(pictures))]
    (tmp_path / "items.csv").write_text("\n".join(["id,image,text", *rows]))
    return read_collection(tmp_path / "items.csv")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def both(folder: Path) -> dict[str, str]:
    return dict.fromkeys(("image", "text"), f"open-clip:local-dir:{folder}")


def test_stored_vectors_are_used_after_their_model_was_removed(clip, collection, store) -> None:
    before = encode(collection, both(clip), store=store)
    shutil.rmtree(clip)
    after = encode(collection, both(clip), store=store)
    assert after.by_modality == {m: {"encoded": 0, "reused": 5} for m in ("image", "text")}
    for modality, rows in before.sets.items():
        assert after.sets[modality].encoder == rows.encoder and after.sets[modality].ids == rows.ids
        np.testing.assert_array_equal(after.sets[modality].vectors, rows.vectors)
    assert align(collection, after, AS_IS, store=store).report


def test_without_its_model_nothing_new_is_encoded_or_asked(clip, collection, store, tmp_path) -> None:
    run = align(collection, encode(collection, both(clip), store=store), AS_IS, store=store)
    shutil.rmtree(clip)
    table = (tmp_path / "items.csv").read_text()
    (tmp_path / "items.csv").write_text(table + "\n9,,one more train")
    for work in (
        lambda: encode(read_collection(tmp_path / "items.csv"), both(clip), store=store),
        lambda: recommend(run, QuerySpec.of(text="a dog"), store=store),
    ):
        with pytest.raises(BadInput, match="there is no folder") as caught:
            work()
        assert "\n" not in str(caught.value)
    assert recommend(run, QuerySpec.of(item="1"), store=store)


def test_of_several_stored_versions_none_is_chosen_for_the_user(clip, collection, store) -> None:
    encode(collection, both(clip), store=store)
    saved(clip, seed=1)
    assert encode(collection, both(clip), store=store).by_modality["image"]["encoded"] == 5, (
        "another model, same folder"
    )
    shutil.rmtree(clip)
    with pytest.raises(BadInput, match=r"holds 2 versions of its .* vectors"):
        encode(collection, both(clip), store=store)


def test_a_query_never_meets_vectors_of_another_version(clip, collection, store) -> None:
    run = align(collection, encode(collection, both(clip), store=store), AS_IS, store=store)
    before = recommend(run, QuerySpec.of(text="a dog"), store=store)
    saved(clip, seed=1)
    with pytest.raises(BadInput, match=r"has changed since it made these vectors .* align again") as caught:
        recommend(run, QuerySpec.of(text="a dog"), store=store)
    assert "\n" not in str(caught.value)
    saved(clip, seed=0)
    assert recommend(run, QuerySpec.of(text="a dog"), store=store)[0].score == pytest.approx(before[0].score)


def test_a_missing_or_unfit_model_is_said_before_anything_is_encoded(
    clip, collection, store, tmp_path, monkeypatch
) -> None:
    """The picture would be encoded first; the text's model is absent, or its weights are another architecture's."""
    unfit = saved(tmp_path / "unfit")
    config = unfit / "open_clip_config.json"
    config.write_text(config.read_text().replace('"layers": 2', '"layers": 3'))
    looked: list[str] = []
    real = batches._prepared
    monkeypatch.setattr(batches, "_prepared", lambda made, medium: looked.append(medium.item) or real(made, medium))
    for text in (f"open-clip:local-dir:{tmp_path / 'none'}", f"open-clip:local-dir:{unfit}", "clap:laion/none"):
        with pytest.raises(BadInput):
            encode(collection, {**both(clip), "text": text}, store=store)
    assert not looked and not store.size()


def test_a_removed_model_is_one_line_on_the_command_line(clip, collection, tmp_path, capsys) -> None:
    shutil.rmtree(clip)
    options = [f"--encoder={m}={name}" for m, name in both(clip).items()]
    assert main(["align", str(tmp_path / "items.csv"), *options, "--aligner", "as-is"]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "there is no folder" in err


def test_a_process_that_runs_knows_that_its_model_was_removed_and_is_back(clip, tmp_path) -> None:
    reference = both(clip)["text"]
    held = encoder(reference, "text")
    held.load()
    assert encoder(reference, "text") is held
    shutil.move(clip, tmp_path / "away")
    assert len(held.encode([held.from_view("a dog")]).vectors) == 1, "what has it loaded may finish"
    with pytest.raises(BadInput, match="there is no folder"):
        encoder(reference, "text")
    shutil.move(tmp_path / "away", clip)
    assert encoder_of(held.key, "text") is held


@pytest.mark.parametrize("kind", ["clap", "sentence-transformers"])
def test_other_kinds_of_models_likewise(kind: str, store, tmp_path) -> None:
    if kind == "clap":
        modality, folder = "audio", save_clap(tmp_path / "model")
        save_wav(tmp_path / "a.wav", tone(1, 300))
        (tmp_path / "items.csv").write_text(f"id,audio\n1,{tmp_path / 'a.wav'}")
    else:
        modality, folder = "text", save_model(tmp_path / "model", save_bert(tmp_path / "bert"))
        (tmp_path / "items.csv").write_text("id,text\n1,rain\n2,a dog")
    data, reference = read_collection(tmp_path / "items.csv"), {modality: f"{kind}:{folder}"}
    before = encode(data, reference, store=store).sets[modality]
    made = encoder(reference[modality], modality)
    assert reference_of(made.key) == reference[modality]
    shutil.rmtree(folder)
    assert encode(data, reference, store=store).sets[modality].digest == before.digest
    with pytest.raises(BadInput, match="is no folder"):
        encoder_of(before.encoder, modality)


def test_a_model_has_one_name_and_one_space_however_it_is_spelt(clip, tmp_path, monkeypatch) -> None:
    clap, bert = save_clap(tmp_path / "clap"), save_model(tmp_path / "st", save_bert(tmp_path / "bert"))
    monkeypatch.chdir(tmp_path)
    spelt = {
        f"clap:{clap}": ("clap:./clap", "audio"),
        f"sentence-transformers:{bert}": ("sentence-transformers:./st", "text"),
        f"open-clip:local-dir:{clip}": ("open-clip:local-dir:clip", "image"),
        f"video-frames:open-clip:local-dir:{clip}": ("video-frames:open-clip:local-dir:clip", "video"),
    }
    for whole, (short, modality) in spelt.items():
        made = create_encoder(short, modality)
        assert reference_of(made.key) == full_reference(short) == whole
        assert made.space == space_of(whole) and made.key == create_encoder(whole, modality).key
    assert full_reference("clap:clap-htsat-unfused") == "clap:laion/clap-htsat-unfused"
    assert all(space_of(name) == ENCODERS.get(name).space for name in ("yamnet", "efficientnet-lite0", "video-frames"))


def test_spaces_are_known_without_the_models() -> None:
    def rows(modality: str, encoder: str) -> EmbeddingSet:
        return EmbeddingSet(modality, ("a",), ("a",), np.ones((1, 4)), encoder)

    from mmalign_core.aligners import ALIGNERS

    gone = {"image": rows("image", "open-clip:local-dir:/gone@1"), "text": rows("text", "open-clip:local-dir:/gone@1")}
    video = rows("video", "video-frames:open-clip:local-dir:/gone@1")
    ALIGNERS.create("as-is").fit({**gone, "video": video})
    with pytest.raises(BadInput, match="do not share a space"):
        ALIGNERS.create("as-is").fit({**gone, "text": rows("text", "sentence-transformers:/gone@1")})
    assert space_of("clap:laion/x") == "clap:laion/x"
