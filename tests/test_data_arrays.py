"""Vectors in .npy and .npz files: joined by ids or by a manifest's order, and nothing hostile is opened."""

import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data import collect_uploads, read_collection
from mmalign_core.data.tabular.vectors import vectors_of
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import npy, npz, png, write

VECTORS = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
IDS = ["a", "b", "c", "d"]


def given_rows(collection: Collection, modality: str = "image") -> dict[str, list[float]]:
    held = collection.vectors[modality]
    return dict(zip(held.ids, held.vectors.tolist()))


def reasons(collection: Collection) -> str:
    return "\n".join(s.reason for s in collection.skipped)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ids.txt", "a\nb\r\nc\nd\n\n"),
        ("ids.csv", "id,kind\na,x\nb,y\nc,x\nd,y\n"),
        ("ids.csv", "item_id\na\nb\nc\nd\n"),
        ("ids.jsonl", "".join(f'{{"id": "{i}"}}\n' for i in IDS)),
        ("ids.json", json.dumps(IDS)),
        ("ids.json", json.dumps({"ids": IDS})),
        ("ids.npy", npy(np.array(IDS))),
        ("ids.npy", npy(np.array(IDS, dtype="S"))),
        ("ids.npy", npy(np.array(IDS)[:, None])),
    ],
)
@pytest.mark.parametrize("array", ["image_vector.npy", "image.npy", "img_embeddings.npy"])
def test_ids_beside_an_array_name_its_rows(tmp_path: Path, name: str, content: str | bytes, array: str) -> None:
    write(tmp_path, {array: npy(VECTORS), name: content})
    for path in (tmp_path, tmp_path / array):
        found = read_collection(path)
        assert found.ids == tuple(IDS) and not found.skipped
        assert given_rows(found) == dict(zip(IDS, VECTORS.tolist()))
    uploaded = collect_uploads([(p.name, p) for p in tmp_path.iterdir()], settings=Settings(root=tmp_path / "store"))
    assert given_rows(uploaded) == given_rows(read_collection(tmp_path))


def test_numbers_are_ids_and_further_columns_metadata(tmp_path: Path) -> None:
    write(tmp_path, {"text.npy": npy(VECTORS), "ids.npy": npy(np.array([7, 8, 9, 10]))})
    assert read_collection(tmp_path).ids == ("7", "8", "9", "10")
    write(tmp_path, {"ids.csv": "id,year\n007,1999\n8,2000\n9,2001\n10,2002\n"})
    (tmp_path / "ids.npy").unlink()
    found = read_collection(tmp_path)
    assert found.ids[0] == "007" and found.items["year"].tolist() == [1999, 2000, 2001, 2002]


@pytest.mark.parametrize("kind", [np.float16, np.float64, ">f4", np.int8, np.longdouble])
def test_any_real_numbers_of_either_order_do(tmp_path: Path, kind: str) -> None:
    whole = np.asfortranarray(np.arange(12).reshape(4, 3)).astype(kind, order="F")
    write(tmp_path, {"v.npz": npz(ids=np.array(IDS), audio_vector=whole), "ids.txt": "x"})
    found = read_collection(tmp_path / "v.npz")
    assert found.name == "v" and given_rows(found, "audio") == dict(zip(IDS, np.arange(12.0).reshape(4, 3).tolist()))


def test_the_rows_of_a_manifest_give_the_order(tmp_path: Path) -> None:
    table = "id,text,year\na,one,1\nb,two,2\nc,three,3\nd,four,4\n"
    write(tmp_path, {"manifest.csv": table, "image.npy": npy(VECTORS), "pair.npz": npz(audio=VECTORS[:, :2])})
    for path in (tmp_path, tmp_path / "image.npy"):
        found = read_collection(path)
        assert given_rows(found) == dict(zip(IDS, VECTORS.tolist()))
        assert [m.text for m in found.media_of("text")] == ["one", "two", "three", "four"]
    assert set(read_collection(tmp_path).vectors) == {"image", "audio"}
    write(tmp_path, {"manifest.csv": "id,year\na,1\nb,2\nc,3\nd,4\n"})
    assert read_collection(tmp_path).modalities == ("image", "audio")  # no column but ids is needed
    write(tmp_path, {"manifest.csv": "id,text\na,one\nb,two\n"})
    with pytest.raises(BadInput, match=r"' has 4 rows, but 'manifest.csv' names 2"):
        read_collection(tmp_path)


def test_a_line_that_cannot_be_read_keeps_its_place_in_the_order(tmp_path: Path) -> None:
    write(tmp_path, {"manifest.csv": 'id,text\na,one\n,two\nc,three\nd,"four"\n', "image.npy": npy(VECTORS)})
    found = read_collection(tmp_path)
    assert given_rows(found) == {i: VECTORS[p].tolist() for p, i in ((0, "a"), (2, "c"), (3, "d"))}


def test_ids_find_files_that_pair_by_stem(tmp_path: Path) -> None:
    write(
        tmp_path, {"x/a.png": png(0), "x/b.png": png(1), "text.npy": npy(VECTORS[:3]), "ids.txt": "x/b.png\nx/a\nnew"}
    )
    found = read_collection(tmp_path)
    assert given_rows(found, "text") == {
        "x/b": VECTORS[0].tolist(),
        "x/a": VECTORS[1].tolist(),
        "new": VECTORS[2].tolist(),
    }
    assert len(found.media_of("image")) == 2 and len(found.ids) == 3


def test_what_cannot_be_used_is_listed_and_the_rest_is_used(tmp_path: Path) -> None:
    spoilt = VECTORS.copy()
    spoilt[1, 0], spoilt[2, 1] = np.nan, np.inf
    files = {"ids": np.array(["a", "b", "c", "a"]), "image": spoilt, "other": np.ones((4, 2)), "text": VECTORS}
    write(tmp_path, {"v.npz": npz(**files), "image_vector.npy": npy(VECTORS), "ids.txt": "a\nx\ny\nz", "cat.npy": b"?"})
    found = read_collection(tmp_path)
    assert given_rows(found) == {"a": spoilt[0].tolist()}
    assert set(given_rows(found, "text")) == {"a", "b", "c"}
    for words in (
        "image_vector holds NaN or infinity",
        "v.npz, ids, line 4: the id 'a' is taken by an earlier row",
        "'v.npz, other' does not say what its vectors are of",
        "'image_vector.npy' is not read, since the items have image_vector already",
        "'cat.npy' is not a whole NumPy array",
    ):
        assert words in reasons(found)


@pytest.mark.parametrize("own", ["vectors", "arr_0"])
def test_the_only_array_of_a_file_is_what_the_file_is_named_after(tmp_path: Path, own: str) -> None:
    write(tmp_path, {"image_vector.npz": npz(**{own: VECTORS}), "ids.txt": "a\nb\nc\nd"})
    (tmp_path / "text.npz").write_bytes(npz(**{own: VECTORS[:, :1], "ids": np.array([*"abcd"])}))
    found = read_collection(tmp_path)
    assert given_rows(found) == dict(zip("abcd", VECTORS.tolist())) and set(given_rows(found, "text")) == {*"abcd"}
    assert any(f"'image_vector.npz, {own}' is read as" in note for note in found.notes)


def test_of_several_arrays_the_names_must_say_which_is_which(tmp_path: Path) -> None:
    write(tmp_path, {"image_vector.npz": npz(vectors=VECTORS, others=VECTORS), "ids.txt": "a\nb\nc\nd"})
    said = reasons(read_collection(tmp_path))
    assert "'image_vector.npz, vectors' does not say what its vectors are of; name it after" in said
    assert "(2 in all: 'image_vector.npz, vectors', 'image_vector.npz, others')" in said
    (tmp_path / "ids.txt").unlink()
    with pytest.raises(BadInput, match="name it after what its vectors are of: image_vector, text_vector"):
        read_collection(tmp_path)


@pytest.mark.parametrize(
    "files",
    [{"v.npz": npz(image=VECTORS, text=VECTORS * 2)}, {"image.npy": npy(VECTORS), "text.npy": npy(VECTORS * 2)}],
)
def test_arrays_of_one_length_without_ids_are_paired_by_their_rows(
    tmp_path: Path, files: dict[str, bytes | str]
) -> None:
    write(tmp_path, files)
    collection = read_collection(tmp_path)
    assert list(collection.items.index) == ["1", "2", "3", "4"]
    assert np.allclose(collection.vectors["text"].vectors, 2 * collection.vectors["image"].vectors)
    assert any("have no ids: rows of the same number belong together" in note for note in collection.notes)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"v.npz": npz(image=VECTORS, text=VECTORS[:3])}, "'v.npz, image' has no ids"),
        ({"image.npy": npy(VECTORS)}, "'image.npy' has no ids; put ids.txt"),
        ({"image.npy": npy(VECTORS), "ids.txt": "a\nb"}, "has 4 rows, but 'ids.txt' names 2"),
        ({"image.npy": npy(VECTORS), "ids.txt": " \n"}, "'ids.txt' is empty"),
        ({"image.npy": npy(VECTORS), "ids.json": "{}"}, "not a list of ids"),
        ({"image.npy": npy(VECTORS), "ids.json": "[" * 99_999}, "not JSON"),
        ({"image.npy": npy(VECTORS), "ids.csv": "a\nb\nc\nd\n"}, "no column 'id'"),
        ({"image.npy": npy(VECTORS), "ids.txt": b"caf\xe9"}, "not UTF-8"),
        ({"image.npy": npy(VECTORS), "ids.npy": npy(np.array([1.5] * 4))}, "save the ids as n texts or numbers"),
        ({"image.npy": npy(VECTORS), "ids.npy": npy(np.array([{}] * 4), pickled=True)}, "a pickle"),
        ({"image.npy": npy(np.array([{}], dtype=object), pickled=True)}, "a pickle"),
        (
            {"image.npy": npy(np.zeros((2, 4, 3)))},
            r"shape \(2, 4, 3\), not \(n, d\).*image_vector.npy",
        ),
        ({"image.npy": npy(np.zeros(4))}, r"not \(n, d\)"),
        ({"image.npy": npy(np.zeros((0, 3)))}, "is empty"),
        ({"image.npy": npy(np.array([["a", "b"]]))}, "not real numbers"),
        ({"image.npy": npy(np.zeros(3, dtype="i4,f8"))}, "holds records"),
        ({"image.npy": npy(VECTORS)[:-1]}, "shorter than its shape"),
        ({"image.npy": b""}, "empty"),
        ({"image.npy": b"\x93NUMPY\x01\x00"}, "not a whole NumPy array"),
        ({"clip.npy": npy(VECTORS)}, "does not say what its vectors are of"),
        ({"v.npz": npz(arr_0=VECTORS)}, "'v.npz, arr_0' does not say what its vectors are of"),
        ({"v.npz": npz(image=VECTORS)}, "'v.npz, image' has no ids"),
        ({"v.npz": npz(image=VECTORS, ids=np.array(["a"]))}, "'v.npz, image' has 4 rows, but 'v.npz, ids' names 1"),
        ({"v.npz": b"PK\x05\x06" + b"\0" * 18}, "holds no arrays"),
        ({"v.npz": npz(image=VECTORS)[:-30]}, "not a whole .npz"),
    ],
)
def test_arrays_that_cannot_be_read_are_refused_in_one_line(
    tmp_path: Path, files: dict[str, bytes | str], words: str
) -> None:
    write(tmp_path, files)
    for path in (tmp_path, tmp_path / next(iter(files))):
        with pytest.raises(BadInput, match=words) as caught:
            read_collection(path)
        assert "\n" not in str(caught.value)


def test_real_vectors_of_two_modalities_in_one_array_say_what_to_do(shared_data: Path) -> None:
    folder = shared_data / "clip_embeddings_coco500"
    with pytest.raises(BadInput, match=r"shape \(2, \d+, \d+\), not \(n, d\).*ids in ids.txt"):
        read_collection(folder / "features_clip.npy")
    found = read_collection(folder)
    assert found.modalities == ("text",) and len(found.ids) == 500
    told = {s.source: s for s in found.skipped if "not (n, d)" in s.reason}
    assert sum(s.count for s in told.values()) == 4 and "ids in ids.txt" in told["features_clasp.npy"].reason


def test_real_vectors_saved_apart_are_read(shared_data: Path, tmp_path: Path) -> None:
    clip = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy")
    np.save(tmp_path / "image_vector.npy", clip[0])
    np.save(tmp_path / "text_vector.npy", clip[1])
    (tmp_path / "ids.txt").write_text("\n".join(map(str, range(500))))
    found = read_collection(tmp_path)
    for place, modality in enumerate(("image", "text")):
        assert np.array_equal(found.vectors[modality].vectors, clip[place].astype(np.float32))


def test_an_archive_holds_arrays_as_a_folder_does(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("mine/image.npy", npy(VECTORS))
        archive.writestr("mine/ids.txt", "\n".join(IDS))
        archive.writestr("mine/a.png", png())
    found = read_collection(tmp_path / "all.zip", settings=Settings(root=tmp_path / "store"))
    assert given_rows(found) == dict(zip(IDS, VECTORS.tolist())) and len(found.media) == 1


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        *[(n, "image") for n in ("image", "Image_Vector", "images", "img_emb", "features_image", "picture-embeddings")],
        *[("caption_vectors", "text"), ("sound", "audio"), ("video_feat", "video")],
        *[(n, None) for n in ("features_clip", "imagenet", "vector", "", "image_size", "image vector 2")],
    ],
)
def test_names_say_the_modality_or_nothing(name: str, modality: str | None) -> None:
    assert vectors_of(name) == modality


def test_a_hundred_thousand_ids(tmp_path: Path) -> None:
    ids = np.array([f"item {n}" for n in range(100_000)])
    np.savez(tmp_path / "v.npz", ids=ids, image=np.arange(200_000, dtype=np.float32).reshape(-1, 2))
    found = read_collection(tmp_path / "v.npz")
    assert len(found.ids) == 100_000 and found.vectors["image"].vectors[-1].tolist() == [199_998, 199_999]


def test_ids_are_columns_and_no_objects_of_python(tmp_path: Path) -> None:
    n = 100_000
    write(tmp_path, {"text.npy": npy(np.ones((n, 2), np.float32)), "ids.txt": "\n".join(f"né{i}" for i in range(n))})
    tracemalloc.start()
    try:
        assert len(read_collection(tmp_path).ids) == n
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * n, f"{peak / n:.0f} bytes an item"


@pytest.mark.parametrize("name", ["ids.txt", "ids.json", "ids.npy"])
def test_a_blank_id_is_reported_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    ids = ["名", " \x1c\u3000", "c", "d"]
    content = {"ids.txt": "\n".join(ids).encode("utf-16"), "ids.json": json.dumps(ids), "ids.npy": npy(np.array(ids))}
    write(tmp_path, {"image.npy": npy(VECTORS), name: content[name]})
    found = read_collection(tmp_path)
    assert found.ids == ("名", "c", "d") and "line 2 has no id" in reasons(found)


def test_ids_that_are_half_a_character_are_reported(tmp_path: Path) -> None:
    write(tmp_path, {"image.npy": npy(VECTORS), "ids.npy": npy(np.array(["a", "b\ud800", "c", "d"]))})
    found = read_collection(tmp_path)
    assert found.ids == ("a", "c", "d") and "not valid UTF-8" in reasons(found)
    write(tmp_path, {"ids.npy": npy(np.array([3, 1, 4, 2**40], ">i8"))})
    assert read_collection(tmp_path).ids == ("3", "1", "4", str(2**40))
