"""Folders as people have them: tables under their names, splits and shelves, archives with tables, and what is left."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from mmalign_core.data import collect_uploads, inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png, wav, write

TEXTS = ["a dog on grass", "two cats sleeping", "a red bus", "boats in a harbour"]


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def pairs(collection: Collection) -> int:
    return inspect_collection(collection).pairs.get("image:text", 0)


def told(collection: Collection) -> str:
    return "\n".join(s.reason for s in collection.skipped)


def pictures(folder: Path, prefix: str = "") -> Path:
    return write(folder, {f"{prefix}{n}.png": png(n) for n in range(4)})


def rows(file: str, text: str) -> pd.DataFrame:
    return pd.DataFrame({file: [f"{n}.png" for n in range(4)], text: TEXTS})


@pytest.mark.parametrize(
    "name", ["metadata.csv", "METADATA.CSV", "Manifest.csv", "data/metadata.csv", "metadata.csv.gz"]
)
def test_a_table_of_files_and_captions_is_a_manifest(tmp_path: Path, name: str) -> None:
    table = rows("file_name", "caption").to_csv(index=False).encode()
    place = "data/" if "/" in name else ""
    write(
        pictures(tmp_path, place), {name: gzip.compress(table) if name.endswith("gz") else table, "README.md": "about"}
    )
    found = read_collection(tmp_path)
    assert len(found.ids) == pairs(found) == 4 and found.media_of("text")[2].text == "a red bus"
    assert "image from 'file_name', text from 'caption'" in " ".join(found.notes)
    assert [s.source for s in found.skipped] == ["README.md"]


@pytest.mark.parametrize(
    "file", ["file_name", "FileName", "filepath", "path", "image_path", "imgPath", "Image File", "image"]
)
@pytest.mark.parametrize("text", ["caption", "captions", "Title", "description", "text"])
def test_columns_have_the_names_that_people_use(tmp_path: Path, file: str, text: str) -> None:
    rows(file, text).to_json(pictures(tmp_path) / "metadata.jsonl", orient="records", lines=True)
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and not found.skipped and not list(found.items.columns)


def test_a_parquet_manifest_has_such_columns_too(tmp_path: Path) -> None:
    rows("filename", "caption").assign(year=1939).to_parquet(pictures(tmp_path) / "metadata.parquet")
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and found.items["year"].tolist() == [1939] * 4


def test_sounds_and_videos_are_told_by_the_endings_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, {"a.wav": wav(), "b.wav": wav(), "metadata.csv": "file_name,transcription\na.wav,one\nb.wav,two\n"})
    found = read_collection(tmp_path)
    assert found.modalities == ("text", "audio") and len(found.ids) == 2


def test_numbered_captions_are_several_texts(tmp_path: Path) -> None:
    write(pictures(tmp_path), {"captions.csv": "file_name,caption_1,caption_2,caption_10\n0.png,a,b,c\n1.png,d,,e\n"})
    found = read_collection(tmp_path)
    assert [m.text for m in found.media_of("text")] == ["a", "b", "c", "d", "e"]
    assert [(s.id, s.count) for s in found.skipped] == [("2.png", 2)]


def test_splits_are_kept_as_a_column(tmp_path: Path) -> None:
    for split, names in (("train", (0, 1)), ("val", (2, 3))):
        write(tmp_path / split, {f"{n}.png": png(n) for n in names})
        table = pd.DataFrame({"file_name": [f"{n}.png" for n in names], "text": [TEXTS[n] for n in names]})
        table.to_csv(tmp_path / split / "metadata.csv", index=False)
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and found.items["split"].tolist() == ["train", "train", "val", "val"] and not found.skipped


def test_tables_named_after_splits_are_read_together(tmp_path: Path) -> None:
    pictures(tmp_path)
    for split, names in (("train", (0, 1, 2)), ("test", (3,))):
        table = pd.DataFrame({"image": [f"{n}.png" for n in names], "caption": [TEXTS[n] for n in names]})
        table.to_csv(tmp_path / f"{split}.csv", index=False)
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and sorted(found.items["split"]) == ["test", "train", "train", "train"]


def test_ids_of_two_splits_stay_apart(tmp_path: Path) -> None:
    for split in ("train", "test"):
        write(tmp_path / split, {"metadata.csv": f"id,text\n1,{split} one\n2,{split} two\n"})
    assert read_collection(tmp_path).ids == ("test/1", "test/2", "train/1", "train/2")


@pytest.mark.parametrize("order", ["{split}/{shelf}", "{shelf}/{split}"])
def test_shelves_inside_splits_pair(tmp_path: Path, order: str) -> None:
    for n in range(4):
        split = "train" if n < 2 else "val"
        write(tmp_path / order.format(split=split, shelf="images"), {f"{n}.png": png(n)})
        write(tmp_path / order.format(split=split, shelf="captions"), {f"{n}.txt": TEXTS[n]})
    found = read_collection(tmp_path)
    assert len(found.ids) == pairs(found) == 4 and found.items["split"].tolist() == ["train", "train", "val", "val"]


def test_keys_of_a_table_may_be_the_stems_of_files(tmp_path: Path) -> None:
    write(tmp_path / "clips", {f"{n}.wav": wav(n) for n in range(4)})
    pd.DataFrame({"clip_id": range(4), "caption": TEXTS}).to_csv(tmp_path / "captions.csv", index=False)
    found = read_collection(tmp_path)
    assert found.modalities == ("text", "audio") and len(found.ids) == 4 and "'clip_id'" in " ".join(found.notes)


def tar_of(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return held.getvalue()


def img2dataset(folder: Path) -> Path:
    for shard in range(2):
        keys = [f"{shard:05d}{n:04d}" for n in range(2)]
        members = {f"{k}.jpg": png(n + 2 * shard) for n, k in enumerate(keys)}
        members |= {f"{k}.txt": TEXTS[n + 2 * shard].encode() for n, k in enumerate(keys)}
        members |= {f"{k}.json": json.dumps({"key": k}).encode() for k in keys}
        write(folder, {f"{shard:05d}.tar": tar_of(members), f"{shard:05d}_stats.json": '{"count": 2}'})
        table = {"caption": TEXTS[:2], "key": keys, "status": ["success"] * 2}
        pd.DataFrame(table).to_parquet(folder / f"{shard:05d}.parquet")
    return folder


def test_archives_of_img2dataset_are_read_and_their_tables_told_of(tmp_path: Path, kept: Settings) -> None:
    found = read_collection(img2dataset(tmp_path / "set"), settings=kept)
    assert len(found.ids) == pairs(found) == 4
    assert [s.count for s in found.skipped] == [4] and "'00000_stats.json'" in told(found)


def test_files_are_found_by_name_in_other_folders_of_the_set(tmp_path: Path) -> None:
    pictures(tmp_path / "development")
    write(
        tmp_path,
        {"secret/0.png": png(9), "a/captions.csv": "image,text\n/home/you/development/1.png,one\n2.png,two\n0.png,?\n"},
    )
    found = read_collection(tmp_path)
    names = [Path(m.path or "").parts[-2:] for m in found.media_of("image")]
    assert names == [("development", "1.png"), ("development", "2.png")] and "'0.png' is missing" in told(found)


@pytest.mark.parametrize(
    "cell", ["\"['a dog', 'a brown dog']\"", "\"['a dog' 'a brown dog']\"", '"[""a dog"", ""a brown dog""]"']
)
def test_lists_as_programs_write_them_are_several_texts(tmp_path: Path, cell: str) -> None:
    write(tmp_path, {"m.csv": f"id,text\n1,{cell}\n2,[sic] stays\n"})
    texts = [m.text for m in read_collection(tmp_path / "m.csv").media]
    assert texts == ["a dog", "a brown dog", "[sic] stays"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_delimiter_is_no_header(tmp_path: Path, line: str) -> None:
    found = read_collection(write(tmp_path, {"m.csv": f"{line}\nid;text;note\n0;one, two;x\n"}) / "m.csv")
    assert found.media[0].text == "one, two" and list(found.items.columns) == ["note"]


@pytest.mark.parametrize("name", ["m.jsonl", "m.json", "m.ndjson", "m.jsonl.gz"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_list_of_objects_is_read_as_its_lines_are(tmp_path: Path, name: str, whole: bool) -> None:
    objects = [{"id": str(n), "text": text} for n, text in enumerate(TEXTS)]
    content = json.dumps(objects, indent=2) if whole else "\n".join(map(json.dumps, objects))
    path = tmp_path / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
    assert [m.text for m in read_collection(path).media] == TEXTS


def test_a_gzipped_table_does_not_grow_without_end(tmp_path: Path) -> None:
    (tmp_path / "m.csv.gz").write_bytes(gzip.compress(b"text\n" + bytes(80 << 20)))
    with pytest.raises(BadInput, match=r"NUL|grows more than 200 times|UTF-8"):
        read_collection(tmp_path / "m.csv.gz")


def test_uploads_are_read_as_a_folder_is(kept: Settings) -> None:
    table = rows("file_name", "caption").to_csv(index=False).encode()
    files = [("metadata.csv", table), *((f"{n}.png", png(n)) for n in range(4)), ("left.png", png(9))]
    found = collect_uploads(files, settings=kept)
    assert pairs(found) == 4 and "'left.png' is not named in 'metadata.csv'" in told(found)


@pytest.mark.parametrize("name", ["labels.csv", "metadata.csv"])
def test_a_table_of_labels_does_not_part_pictures_from_the_texts_beside_them(tmp_path: Path, name: str) -> None:
    write(pictures(tmp_path), {f"{n}.txt": text for n, text in enumerate(TEXTS)})
    write(tmp_path, {name: "file_name,label\n0.png,x\n1.png,y\n"})
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and [s.source for s in found.skipped] == [name]
