"""Data sets that Hugging Face `datasets` saved: read as it wrote them, and refused in one line when damaged."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Value

from mmalign_core.data import collect_uploads, inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png, write
from tests.saved_datasets import dataset, media, stream


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def reasons(collection: Collection) -> str:
    return "\n".join(s.reason for s in collection.skipped)


def test_a_saved_data_set_is_read_with_all_it_holds(tmp_path: Path, kept: Settings) -> None:
    dataset(5).save_to_disk(str(tmp_path / "birds"), num_shards=2)
    found = read_collection(tmp_path / "birds", settings=kept)
    assert (found.name, found.ids) == ("birds", ("1", "2", "3", "4", "5"))
    assert [m.text for m in found.media_of("text")] == [f"number {n}" for n in range(5)]
    assert [Path(m.path or "").read_bytes() for m in found.media_of("image")] == [png(n) for n in range(5)]
    assert found.vectors["image"].vectors.tolist() == [[n, 0.5, 1.0] for n in range(5)]
    assert found.items["label"].tolist()[:4] == ["cat", "dog", "cat", "dog"] and found.items["label"].isna().sum() == 1
    assert json.loads(found.items["box"].iloc[0]) == [0, 1, 2, 3]
    assert not found.skipped
    report = inspect_collection(found, settings=kept).report()
    assert {m: v["usable"] for m, v in report["by_modality"].items()} == {"text": 5, "image": 5, "audio": 5}
    said = "image from 'img', text from 'caption', image_vector from 'image_embedding', audio from 'snd'"
    assert said in report["notes"][0] and "metadata from 'label', 'box'" in report["notes"][0]


def test_splits_become_a_column(tmp_path: Path, kept: Settings) -> None:
    DatasetDict({"train": dataset(3), "test": dataset(2, 10)}).save_to_disk(str(tmp_path / "all"))
    found = read_collection(tmp_path / "all", settings=kept)
    assert found.items["split"].tolist() == ["train"] * 3 + ["test"] * 2
    assert found.media_of("text")[-1].text == "number 11" and "'split' is train, test" in found.notes[0]
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "all")
    assert read_collection(archive, settings=kept).digest == found.digest


def test_ids_that_splits_share_are_told_apart(tmp_path: Path, kept: Settings) -> None:
    one = Dataset.from_dict({"id": [0, 1], "text": ["a", "b"]})
    DatasetDict({"train": one, "test": one}).save_to_disk(str(tmp_path / "all"))
    assert read_collection(tmp_path / "all", settings=kept).ids == ("train/0", "train/1", "test/0", "test/1")


def test_classes_have_the_names_of_their_split(tmp_path: Path, kept: Settings) -> None:
    names = {"train": ["cat", "dog"], "test": ["dog", "cat"]}
    splits = {
        split: Dataset.from_dict(
            {"text": ["a"], "label": [0]}, features=Features({"text": Value("string"), "label": ClassLabel(names=own)})
        )
        for split, own in names.items()
    }
    DatasetDict(splits).save_to_disk(str(tmp_path / "all"))
    assert read_collection(tmp_path / "all", settings=kept).items["label"].tolist() == ["cat", "dog"]


@pytest.mark.parametrize("name", ["image", "shot"])
def test_a_shard_of_nulls_alone_says_nothing_of_its_column(tmp_path: Path, kept: Settings, name: str) -> None:
    (tmp_path / "hub").mkdir()
    for number, cells in enumerate([pa.nulls(2), media([png(1), None], ["a.png", None])]):
        path = tmp_path / "hub" / f"train-{number:05d}-of-00002.parquet"
        pq.write_table(pa.table({name: cells, "text": ["a", "b"]}), path)
    found = read_collection(tmp_path / "hub", settings=kept)
    assert [m.item for m in found.media_of("image")] == ["3"] and not found.skipped


def test_shards_as_hubs_have_them_are_one_table(tmp_path: Path, kept: Settings) -> None:
    write(tmp_path, {"hub/README.md": "about", "hub/.gitattributes": "x"})
    (tmp_path / "hub" / "data").mkdir()
    names = {"train-00000-of-00002": (3, 0), "train-00001-of-00002": (2, 3), "test-00000-of-00001": (1, 9)}
    for name, (rows, first) in names.items():
        dataset(rows, first).to_parquet(str(tmp_path / "hub" / "data" / f"{name}.parquet"))
    found = read_collection(tmp_path / "hub", settings=kept)
    assert found.items["split"].tolist() == ["test"] + ["train"] * 5
    assert [m.text for m in found.media_of("text")] == [f"number {n}" for n in (9, 0, 1, 2, 3, 4)]
    files = [(p.name, p) for p in (tmp_path / "hub" / "data").iterdir()]
    assert collect_uploads(files, settings=kept).digest == found.digest
    assert len(read_collection(files[0][1], settings=kept).ids) == names[files[0][0].removesuffix(".parquet")][0]
    Dataset.from_dict({"other": ["a"]}).to_parquet(str(tmp_path / "hub" / "data" / "extra-00000-of-00001.parquet"))
    with pytest.raises(BadInput, match="has other columns than"):
        read_collection(tmp_path / "hub", settings=kept)


def test_one_arrow_file_is_enough(tmp_path: Path, kept: Settings) -> None:
    dataset(3).save_to_disk(str(tmp_path / "one"))
    (file,) = (tmp_path / "one").glob("*.arrow")
    alone = shutil.copy(file, tmp_path / "alone.arrow")
    expected = read_collection(tmp_path / "one", settings=kept).digest
    assert read_collection(alone, settings=kept).digest == expected
    assert collect_uploads([("alone.arrow", Path(alone))], settings=kept).digest == expected
    (tmp_path / "one" / "state.json").unlink()
    (tmp_path / "one" / "dataset_info.json").unlink()
    assert read_collection(tmp_path / "one", settings=kept).digest == expected


def test_exact_names_come_first(tmp_path: Path, kept: Settings) -> None:
    columns = {"text": ["right"], "caption": ["wrong"], "image": media([png(1)], ["a.png"]), "id": ["x"], "uid": ["y"]}
    found = read_collection(stream(tmp_path / "a.arrow", columns | {"mask": media([png(2)], ["m.png"])}), settings=kept)
    assert found.ids == ("x",) and found.media_of("text")[0].text == "right" and len(found.media) == 2
    assert found.items.columns.tolist() == ["caption", "uid"] and "'mask' is not used" in reasons(found)


def test_what_is_not_clear_is_said(tmp_path: Path, kept: Settings) -> None:
    two = {"left": media([png(1)], ["a.png"]), "right": media([png(2)], ["b.png"])}
    found = read_collection(stream(tmp_path / "a.arrow", two | {"title": ["x"]}), settings=kept)
    assert found.modalities == ("text",) and "(2 in all: 'left', 'right')" in reasons(found)
    with pytest.raises(BadInput, match=r"no column that is clearly .* 'left' of bytes, .*rename the one"):
        read_collection(stream(tmp_path / "a.arrow", two), settings=kept)
    keys = {"image_id": [7, 7], "text": ["one", "two"]}
    found = read_collection(stream(tmp_path / "a.arrow", keys), settings=kept)
    assert found.ids == ("1", "2") and found.items["image_id"].tolist() == [7, 7]


def test_bytes_without_a_description_are_looked_at(tmp_path: Path, kept: Settings) -> None:
    found = read_collection(
        stream(tmp_path / "a.arrow", {"content": [None, png(1)], "text": ["a", "b"]}), settings=kept
    )
    assert [m.item for m in found.media_of("image")] == ["2"]


def test_lists_of_pictures_and_captions_are_several(tmp_path: Path, kept: Settings) -> None:
    rows = {"images": [[{"bytes": png(1), "path": None}, {"bytes": png(2), "path": None}]], "captions": [["a", "b"]]}
    Dataset.from_dict(rows, features=Features({"images": [Image()], "captions": [Value("string")]})).save_to_disk(
        str(tmp_path / "many")
    )
    found = read_collection(tmp_path / "many", settings=kept)
    assert len(found.media_of("image")) == 2 and [m.text for m in found.media_of("text")] == ["a", "b"]


def test_classes_alone_are_no_texts(tmp_path: Path, kept: Settings) -> None:
    Dataset.from_dict({"label": [0, 1]}, features=Features({"label": ClassLabel(names=["x", "y"])})).save_to_disk(
        str(tmp_path / "classes")
    )
    with pytest.raises(BadInput, match="no column that is clearly"):
        read_collection(tmp_path / "classes", settings=kept)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/etc/passwd", "leaves the folder"),
        ("../secret.png", "leaves the folder"),
        ("C:\\secret.png", "leaves the folder"),
        ("https://example.org/a.png", "is an address"),
        ("hf://datasets/x/a.png", "is an address"),
        ("zip://a.png::https://example.org/a.zip", "is an address"),
        ("gone.png", "is missing"),
    ],
)
def test_paths_without_bytes_lead_nowhere_else(tmp_path: Path, kept: Settings, path: str, words: str) -> None:
    write(tmp_path, {"secret.png": png(3), "set/inside.png": png(4)})
    cells = media([None, None, png(1), b""], [path, "inside.png", path, None])
    found = read_collection(stream(tmp_path / "set" / "a.arrow", {"image": cells}), settings=kept)
    assert [m.item for m in found.media] == ["2", "3"] and words in reasons(found) and "is empty" in reasons(found)
    inside = (tmp_path / "set", kept.root)
    assert all(any(Path(m.path or "").resolve().is_relative_to(f) for f in inside) for m in found.media)


def test_embedded_files_stay_within_the_limits(tmp_path: Path, kept: Settings) -> None:
    path = stream(tmp_path / "a.arrow", {"image": [png(1), png(2) + b"\0" * 50_000], "text": ["a", "b"]})
    small = Settings(root=kept.root, max_file_bytes=40_000)
    found = read_collection(path, settings=small)
    assert [m.item for m in found.media_of("image")] == ["1"] and "too large" in reasons(found)
    for limits in (Settings(root=kept.root, max_archive_bytes=20_000), Settings(root=kept.root, max_archive_files=1)):
        with pytest.raises(BadInput, match="MMALIGN_MAX_ARCHIVE_BYTES"):
            read_collection(path, settings=limits)


def test_what_is_not_a_picture_is_found_when_it_is_decoded(tmp_path: Path, kept: Settings) -> None:
    path = stream(tmp_path / "a.arrow", {"image": media([b"\x89PNG\r\n\x1a\nrubbish", png(1)], ["a.png", "b.png"])})
    report = inspect_collection(read_collection(path, settings=kept), settings=kept).report()
    assert report["by_modality"]["image"]["usable"] == 1 and len(report["skipped"]) == 1


def test_reading_can_be_stopped(tmp_path: Path, kept: Settings) -> None:
    dataset(20).save_to_disk(str(tmp_path / "set"))
    seen: list[str] = []

    def stop(fraction: float, message: str) -> None:
        seen.append(message)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_collection(tmp_path / "set", settings=kept, progress=stop)
    assert seen == ["reading set (0 of 20 rows)", "reading set (8 of 20 rows)"]
    assert len(os.listdir(kept.root / "media")) <= 16
    assert np.isfinite(read_collection(tmp_path / "set", settings=kept).vectors["image"].vectors).all()


def test_folders_that_say_a_column_are_read_as_one(tmp_path: Path) -> None:
    for colour in ("red", "dark%20blue"):
        (tmp_path / f"colour={colour}").mkdir()
        rows = pa.table({"id": [f"{colour[0]}{n}" for n in range(2)], "text": ["one", "two"]})
        pq.write_table(rows, tmp_path / f"colour={colour}" / "part-0.parquet")
    found = read_collection(tmp_path, settings=Settings(root=tmp_path / "store"))
    assert found.items["colour"].to_dict() == {"d0": "dark blue", "d1": "dark blue", "r0": "red", "r1": "red"}


def test_a_table_beside_pictures_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "products.csv").write_bytes("ref;légende\n1;été\n".encode("cp1252"))
    reasons = [one.reason for one in read_collection(tmp_path, settings=Settings(root=tmp_path / "store")).skipped]
    assert len(reasons) == 1 and "'products.csv' is not UTF-8" in reasons[0]
