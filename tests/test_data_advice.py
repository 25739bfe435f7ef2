"""Advice of messages on files: whoever follows it has the data read, and hears it no more."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import encoded, picture, png

Files = Mapping[str, str | bytes]
PAIR: Files = {"0.png": png(0), "1.png": png(1)}
TWO = "image,text\n0.png,one\n1.png,two"
RATINGS = "1::1::5::978300760"
VECTORS = np.eye(2, 4, dtype=np.float32)


def npy(values: Any) -> bytes:
    body = io.BytesIO()
    np.save(body, values)
    return body.getvalue()


def npz(**arrays: Any) -> bytes:
    body = io.BytesIO()
    np.savez(body, **arrays)
    return body.getvalue()


def parquet(**columns: Any) -> bytes:
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    return body.getvalue()


def zipped(files: Files) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def tar_with_a_link() -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        link = tarfile.TarInfo("b.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "a.txt"
        info = tarfile.TarInfo("a.txt")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"one"))
        archive.addfile(link)
    return body.getvalue()


def told(folder: Path, files: Files) -> tuple[str, str]:
    """What was said of the files, and what was read: how many media of each modality."""
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    first = next(iter(files))
    single = len(files) == 1 and (first.startswith("m.") or first.endswith((".zip", ".tar", ".npz")))
    settings = Settings(root=folder.parent / "store", threads=1)
    try:
        found = read_collection(folder / first if single else folder, settings=settings)
        skipped = inspect_collection(found, settings=settings).skipped
    except BadInput as error:
        return str(error), ""
    held = [medium.modality for medium in found.media] + [f"{m}_vector" for m in found.vectors]
    counts = " ".join(f"{name} {held.count(name)}" for name in sorted(set(held)))
    return " ".join(one.reason for one in skipped), counts


ADVICE: list[tuple[str, Files, Files, str]] = [
    ("save it as UTF-8", {"a.txt": "café".encode("latin-1")}, {"a.txt": "café"}, "text 1"),
    ("save it as UTF-8", {"m.csv": "text\ncaf\xe9".encode("latin-1")}, {"m.csv": "text\ncafé"}, "text 1"),
    ("save it as UTF-8", {"m.jsonl": b'{"text": "caf\xe9"}'}, {"m.jsonl": '{"text": "café"}'}, "text 1"),
    ("has two columns called 'text'; rename one", {"m.csv": "text,text\na,b"}, {"m.csv": "text,more\na,b"}, "text 1"),
    ("never closed; close it", {"m.csv": 'text\na\n"b'}, {"m.csv": 'text\na\n"b"'}, "text 2"),
    ("quote cells with commas", {"m.csv": "id,text\n1,a\n2,b, c"}, {"m.csv": 'id,text\n1,a\n2,"b, c"'}, "text 2"),
    ("write one row for each item", {"m.csv": "text\n"}, {"m.csv": "text\na"}, "text 1"),
    ("write one object in braces on each line", {"m.jsonl": '{"text": "a"}\nb'},
     {"m.jsonl": '{"text": "a"}\n{"text": "b"}'}, "text 2"),
    ("write the file's path as text", {**PAIR, "manifest.jsonl": '{"image": "0.png"}\n{"image": {"x": 1}}'},
     {**PAIR, "manifest.jsonl": '{"image": "0.png"}\n{"image": "1.png"}'}, "image 2"),
    ("give every row its own id", {"m.csv": "id,text\n1,a\n,b"}, {"m.csv": "id,text\n1,a\n2,b"}, "text 2"),
    ("is missing; correct the path or add the file", {"0.png": png(0), "manifest.csv": TWO},
     {**PAIR, "manifest.csv": TWO}, "image 2 text 2"),
    ("is not named in 'manifest.csv'; add it there", {**PAIR, "manifest.csv": "image,text\n0.png,one"},
     {**PAIR, "manifest.csv": TWO}, "image 2 text 2"),
    ("download it and give its path", {**PAIR, "manifest.csv": TWO.replace("1.png", "https://a.org/1.png")},
     {**PAIR, "manifest.csv": TWO}, "image 2 text 2"),
    ("rename the column that holds the texts", {"m.csv": "a,b\n1,2"}, {"m.csv": "text,b\n1,2"}, "text 1"),
    ("rename the one that is to text", {"m.parquet": parquet(x=[b"\x00\x01\x02\x03"], n=[1])},
     {"m.parquet": parquet(text=["one"], n=[1])}, "text 1"),
    ("call it image_vector, text_vector or audio_vector",
     {"m.parquet": parquet(text=["a", "b"], numbers=np.eye(2, 32).tolist())},
     {"m.parquet": parquet(text=["a", "b"], image_vector=np.eye(2, 32).tolist())}, "image_vector 1 text 2"),
    ("write it as [0.1, 0.2", {"m.csv": "text,image_vector\na,no numbers\n"},
     {"m.csv": 'text,image_vector\na,"[1, 2]"'}, "image_vector 1 text 1"),
    ("put ids.txt (or .csv .json .npy)", {"image.npy": npy(VECTORS)}, {"image.npy": npy(VECTORS), "ids.txt": "a\nb"},
     "image_vector 1"),
    ("save the vectors as float32", {"v.npz": npz(ids=np.array(["a", "b"]), image=np.zeros((2, 4), "V2"))},
     {"v.npz": npz(ids=np.array(["a", "b"]), image=VECTORS)}, "image_vector 1"),
    ("save a plain array", {"image.npy": npy(np.zeros(2, [("x", "f4")])), "ids.txt": "a\nb"},
     {"image.npy": npy(VECTORS), "ids.txt": "a\nb"}, "image_vector 1"),
    ("save the sheet as CSV", {**PAIR, "manifest.xlsx": b"PK\3\4"}, {**PAIR, "manifest.csv": TWO}, "image 2 text 2"),
    ("save them with numpy.savez as image", {"a.txt": "x", "vectors.pt": b"PK\3\4"},
     {"vectors.npz": npz(ids=np.array(["a", "b"]), image=VECTORS)}, "image_vector 1"),
    ("save the words alone as .txt", {"0.png": png(0), "0.srt": "1\n00:00 --> 00:01\none"},
     {"0.png": png(0), "0.txt": "one"}, "image 1 text 1"),
    ("export it as PNG", {"a.txt": "x", "a.svg": "<svg/>"}, {"a.txt": "x", "a.png": png(0)}, "image 1 text 1"),
    ("read the archive by itself", {"a.txt": "x", "b.zip": zipped({"0.txt": "one"})},
     {"b.zip": zipped({"0.txt": "one"})}, "text 1"),
    ("unpack it and give the folder", {"a.txt": "x", "b.txt.gz": gzip.compress(b"one")},
     {"a.txt": "x", "b.txt": "one"}, "text 2"),
    ("pack the file itself", {"a.tar": tar_with_a_link()},
     {"a.zip": zipped({"a.txt": "one", "b.txt": "one"})}, "text 2"),
    ("call those columns text, image, audio or video", {"0.png": png(0), "notes.csv": "when,who\n1,2"},
     {"0.png": png(0), "notes.csv": "image,who\n0.png,2"}, "image 1"),
    ("it stands beside no text, picture or sound", {"0.png": png(0), "1.json": json.dumps({"year": 1})},
     {"0.png": png(0), "0.json": json.dumps({"year": 1})}, "image 1"),
    ("is empty; replace the file", {"0.txt": "a", "0.png": b""}, {"0.txt": "a", "0.png": png(0)}, "image 1 text 1"),
    ("is empty; write a text into it or remove it", {"0.png": png(0), "0.txt": " "}, {"0.png": png(0)}, "image 1"),
    ("holds text, not a picture; replace the file", {"0.txt": "a", "0.png": "words"}, {"0.txt": "a", "0.png": png(0)},
     "image 1 text 1"),
    ("is damaged or cut off and cannot be decoded; replace",
     {"0.txt": "a", "0.png": encoded(picture(40, 30), "PNG")[:60]},
     {"0.txt": "a", "0.png": encoded(picture(40, 30), "PNG")}, "image 1 text 1"),
    ("put the file that names the items beside it", {"ratings.dat": RATINGS},
     {"ratings.dat": RATINGS, "movies.dat": "1::A::Drama"}, "text 1"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "files", "followed", "held"), ADVICE, ids=[f"{n}" for n in range(len(ADVICE))])
def test_advice_that_is_followed_works(words: str, files: Files, followed: Files, held: str, tmp_path: Path) -> None:
    assert words in told(tmp_path / "before", files)[0]
    assert told(tmp_path / "after", followed) == ("", held)
