"""Published data sets in the form in which people have them: each is recognised, named in the report, and read."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.data.mounts import mounted_as
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png, wav, write

TEXTS = ["a dog on grass", "two cats sleeping", "a red bus", "boats in a harbour"]


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def told(collection: Collection) -> str:
    return "\n".join([*collection.notes, *(s.reason for s in collection.skipped)])


def coco(split: str, first: int) -> str:
    images = [{"id": n, "file_name": f"{n:012d}.png", "width": 40, "height": 30} for n in (first, first + 1)]
    notes = [
        {"id": 10 * n + k, "image_id": n, "caption": f"{TEXTS[n]} {k}"} for n in (first, first + 1) for k in range(2)
    ]
    return json.dumps({"info": {}, "licenses": [], "images": images, "annotations": notes, "type": split})


def test_coco_captions_with_their_folders_of_pictures(tmp_path: Path) -> None:
    for split, first in (("train2017", 0), ("val2017", 2)):
        pictures = {f"{split}/{n:012d}.png": png(n) for n in (first, first + 1)}
        write(tmp_path, pictures | {f"annotations/captions_{split}.json": coco(split, first)})
    write(tmp_path, {"annotations/instances_val2017.json": json.dumps({"images": [], "annotations": []})})
    found = read_collection(tmp_path)
    assert found.ids == ("0", "1", "2", "3") and len(found.media_of("text")) == 8
    assert inspect_collection(found).pairs == {"image:text": 4} and "recognised as COCO captions" in found.notes[0]
    assert found.items["split"].tolist() == ["train", "train", "val", "val"]
    assert "instances_val2017.json" in told(found)
    alone = read_collection(tmp_path / "annotations" / "captions_val2017.json")
    assert alone.ids == ("2", "3") and len(alone.media_of("text")) == 4


def test_karpathy_splits(tmp_path: Path) -> None:
    images = [
        {
            "imgid": n,
            "filename": f"{n}.png",
            "split": "train" if n else "test",
            "sentences": [{"raw": TEXTS[n]}, {"raw": "x"}],
        }
        for n in range(3)
    ]
    write(tmp_path, {f"images/{n}.png": png(n) for n in range(3)})
    write(tmp_path, {"dataset_flickr30k.json": json.dumps({"dataset": "flickr30k", "images": images})})
    found = read_collection(tmp_path)
    assert inspect_collection(found).pairs == {"image:text": 3} and len(found.media_of("text")) == 6
    assert found.items["split"].tolist() == ["test", "train", "train"]


FLICKR = {
    "results_20130124.token": "".join(f"{n}.png#{k}\t{TEXTS[n]} {k}\n" for n in range(3) for k in range(5)),
    "captions.txt": "image,caption\n" + "".join(f"{n}.png,{TEXTS[n]} {k}\n" for n in range(3) for k in range(5)),
    "results.csv": "image_name| comment_number| comment\n"
    + "".join(f"{n}.png| {k}| {TEXTS[n]} {k}\n" for n in range(3) for k in range(5)),
}


@pytest.mark.parametrize("name", FLICKR)
def test_flickr_captions(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"flickr30k-images/{n}.png": png(n) for n in range(3)} | {name: FLICKR[name]})
    found = read_collection(tmp_path)
    assert found.ids == ("0", "1", "2") and len(found.media_of("text")) == 15 and len(found.media_of("image")) == 3
    assert "recognised as Flickr captions" in found.notes[0] and not found.skipped


def test_audiocaps(tmp_path: Path) -> None:
    lines = ["audiocap_id,youtube_id,start_time,caption", "1,abc,30,rain falls", "2,abc,30,water drips"]
    write(tmp_path, {"val.csv": "\n".join([*lines, "3,-dEf,0,a bell", "4,gone,5,thunder"])})
    write(tmp_path, {"audio/Yabc.wav": wav(1), "audio/-dEf_0_10.wav": wav(2)})
    found = read_collection(tmp_path)
    assert found.ids == ("abc", "-dEf", "gone") and len(found.media_of("text")) == 4
    assert [m.item for m in found.media_of("audio")] == ["abc", "-dEf"] and "recognised as AudioCaps" in found.notes[0]
    assert "'gone.wav' is missing" in told(found)


def test_clotho(tmp_path: Path) -> None:
    header = "file_name," + ",".join(f"caption_{n}" for n in range(1, 6))
    lines = [f"Distorted AM Radio {n}.wav," + ",".join(f'"sound {n}, said {k}"' for k in range(5)) for n in range(2)]
    write(tmp_path, {"clotho_captions_development.csv": "\n".join([header, *lines])})
    write(tmp_path, {f"development/Distorted AM Radio {n}.wav": wav(n) for n in range(2)})
    found = read_collection(tmp_path)
    assert len(found.media_of("text")) == 10 and len(found.media_of("audio")) == 2 and not found.skipped
    assert "recognised as Clotho" in found.notes[0] and set(found.items["split"]) == {"development"}


def lines(rows: list[dict]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def test_output_of_clip_retrieval(tmp_path: Path, kept: Settings) -> None:
    rng = np.random.default_rng(0)
    image, text = (rng.normal(size=(4, 5)).astype("f4") for _ in range(2))
    for part, rows in enumerate((slice(0, 3), slice(3, 4))):
        for folder, vectors in (("img_emb", image), ("text_emb", text)):
            (tmp_path / "set" / folder).mkdir(parents=True, exist_ok=True)
            np.save(tmp_path / "set" / folder / f"{folder}_{part}.npy", vectors[rows])
        table = pd.DataFrame({"image_path": [f"/gone/{n}.jpg" for n in range(4)], "caption": TEXTS}).iloc[rows]
        (tmp_path / "set" / "metadata").mkdir(exist_ok=True)
        table.to_parquet(tmp_path / "set" / "metadata" / f"metadata_{part}.parquet")
    found = read_collection(tmp_path / "set", settings=kept)
    assert np.allclose(found.vectors["image"].vectors, image) and np.allclose(found.vectors["text"].vectors, text)
    assert [m.text for m in found.media_of("text")] == TEXTS and "clip-retrieval" in found.notes[0]
    assert [s.count for s in found.skipped] == [4]


def test_folders_named_after_classes_are_labels_of_pictures(tmp_path: Path) -> None:
    write(tmp_path, {f"train/{kind}/{n}.png": png(n) for n, kind in enumerate(("cat", "cat", "dog"))})
    write(tmp_path, {"test/dog/9.png": png(9)})
    found = read_collection(tmp_path)
    assert found.items["label"].tolist() == ["dog", "cat", "cat", "dog"]
    assert found.items["split"].tolist() == ["test", "train", "train", "train"]


MOUNTS = (
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "40 22 0:50 / /mnt/my\\040bucket rw,nosuid - fuse.s3fs s3fs rw\n"
    "41 22 0:51 / /mnt/disk rw - fuseblk /dev/sdb1 rw\n"
)


def test_a_mounted_bucket_is_told_from_a_disk(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert mounted_as(Path("/mnt/my bucket/data"), table) == "fuse.s3fs"
    assert mounted_as(Path("/mnt/disk/data"), table) == mounted_as(Path("/mnt/my"), table) == ""
    assert mounted_as(tmp_path, tmp_path / "none") == ""


def test_marks_that_programs_leave_in_buckets_are_no_data(tmp_path: Path, kept: Settings) -> None:
    write(tmp_path, {"set/_SUCCESS": b"", "set/images_$folder$": b"", "set/.part-0.parquet.crc": b"crc"})
    for part in range(2):
        table = pd.DataFrame({"id": [f"{part}-{n}" for n in range(2)], "text": TEXTS[2 * part : 2 * part + 2]})
        table.to_parquet(tmp_path / "set" / f"part-0000{part}-3f2b.snappy.parquet")
    found = read_collection(tmp_path / "set", settings=kept)
    assert [m.text for m in found.media] == TEXTS and not found.skipped


NAMES = [
    *("captions_val2017.json", "dataset_x.json", "results.token", "captions.txt", "results.csv", "val.csv", "u.item"),
    *(
        "u.data",
        "movies.csv",
        "movies.dat",
        "ratings.dat",
        "ratings.csv",
        "x.inter",
        "x.item",
        "meta.jsonl",
        "r.json.gz",
    ),
]
CONTENTS = [
    *(b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"images": [1, {}], "annotations": [3]}', b'{"images": {}}', b"a#0\tb"),
    *(
        b"x.jpg#0\ty\n#",
        b"image,caption\n,\n",
        b"youtube_id,start_time,caption\n,,\n",
        b"movieId,title,genres\n1\n,,,,\n",
    ),
    *(
        b"1::\n::::\n",
        b"::" * 9,
        b"1|2|3|4|5|6\n|\n",
        b"1\t2\t3\t4\n\t\n",
        b"user_id:token\titem_id:token\n\n\t\t\t\n1\n",
    ),
    *(b"item_id:token\n1\n", b'{"asin": [], "user_id": {}, "rating": []}\n7\n', b'{"asin": 1, "title": []}'),
    *(gzip.compress(b'{"reviewerID": 1, "asin": 2, "overall": "x"}'), gzip.compress(b"x" * 999)[:30], b"\0" * 99),
]


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_of_a_form_are_one_line(tmp_path: Path, name: str) -> None:
    for content in CONTENTS:
        (tmp_path / name).write_bytes(content)
        for data in (tmp_path / name, tmp_path):
            try:
                read_collection(data, settings=Settings(root=tmp_path.parent / "store"))
            except BadInput as error:
                assert "\n" not in str(error)
