"""Small whole files of every format that is read, as relative name -> bytes of the folder that holds each."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from tests.sample_files import encoded, film, picture, tone
from tests.test_media_extras import LEVELS, dicom, heic

Files = dict[str, bytes]
ROWS = 6
PICTURES = {
    "png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF",
    "jp2": "JPEG2000", "ppm": "PPM",
}  # fmt: skip
SOUNDS = {
    "wav": ("WAV", "PCM_16"), "flac": ("FLAC", None), "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", None), "aiff": ("AIFF", "PCM_16"), "au": ("AU", "PCM_16"), "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"), "rf64": ("RF64", "PCM_16"),
}  # fmt: skip
FILMS = {
    "mp4": "mpeg4", "mkv": "libx264", "mov": "mpeg4", "avi": "mpeg4", "webm": "libvpx-vp9", "ts": "libx264",
    "mpg": "mpeg1video", "flv": "flv",
}  # fmt: skip


EXTRAS = [ending for ending, package in (("heic", "pillow_heif"), ("dcm", "pydicom")) if find_spec(package)]
"""Endings of pictures that an extra decodes, where it is installed."""


def _picture(ending: str) -> Files:
    options = {"save_all": True, "append_images": [picture(40, 30)]} if ending in ("gif", "webp") else {}
    return {f"x.{ending}": encoded(picture(40, 30), PICTURES[ending], **options)}


def _extra(ending: str) -> Files:
    return {f"x.{ending}": heic(picture(64, 48)) if ending == "heic" else dicom(LEVELS)}


def _sound(ending: str) -> Files:
    body, (format, subtype) = io.BytesIO(), SOUNDS[ending]
    soundfile.write(body, tone(0.3, 440, 16_000), 16_000, format=format, subtype=subtype)
    return {f"x.{ending}": body.getvalue()}


def _film(ending: str) -> Files:
    frames = [np.full((48, 64, 3), 30 * n, np.uint8) for n in range(6)]
    with tempfile.TemporaryDirectory() as folder:
        sounds = () if ending in ("avi", "mpg", "flv", "mov") else (tone(0.5, 440, 16_000),)
        fps = 25 if ending == "mpg" else 10
        path = film(Path(folder) / f"x.{ending}", frames, fps, codec=FILMS[ending], sounds=sounds)
        return {path.name: path.read_bytes()}


def _rows() -> list[dict[str, object]]:
    vectors = np.random.default_rng(0).standard_normal((ROWS, 4)).round(3).tolist()
    return [
        {"id": f"i{n}", "text": f"text é {n}", "price": n / 2, "image_vector": vector}
        for n, vector in enumerate(vectors)
    ]


def _csv(mark: str) -> bytes:
    body = io.StringIO()
    writer = csv.DictWriter(body, _rows()[0].keys(), delimiter=mark)
    writer.writeheader()
    writer.writerows(_rows())
    return body.getvalue().encode()


def _arrow() -> bytes:
    body, table = io.BytesIO(), pa.Table.from_pylist(_rows())
    with pa.ipc.new_file(body, table.schema) as writer:
        writer.write_table(table)
    return body.getvalue()


def _parquet() -> bytes:
    body = io.BytesIO()
    table = pa.Table.from_pylist(_rows()).append_column("kind", pa.array(["a", "b"] * 3).dictionary_encode())
    pq.write_table(table, body)
    return body.getvalue()


def _folder(writer: Callable[[Path], None]) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        writer(Path(folder))
        paths = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _lance(folder: Path) -> None:
    import lancedb

    lancedb.connect(folder).create_table("t", pa.Table.from_pylist(_rows()))


def _saved(folder: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    datasets.Dataset.from_list(_rows()).save_to_disk(str(folder / "d"))


def _npz() -> bytes:
    body = io.BytesIO()
    ids = np.array([f"i{n}" for n in range(ROWS)])
    np.savez_compressed(body, ids=ids, image=np.eye(ROWS, dtype=np.float32), text=np.eye(ROWS))
    return body.getvalue()


def _npy() -> bytes:
    body = io.BytesIO()
    np.save(body, np.eye(ROWS, dtype=np.float32))
    return body.getvalue()


def _inside() -> Files:
    return {"a/x.png": encoded(picture(20, 20), "PNG"), "a/x.txt": b"x", "a/y.txt": b"y" * 300}


def _zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _inside().items():
            archive.writestr(name, content)
    return body.getvalue()


def _tar(mode: str) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in _inside().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return body.getvalue()


def _lines() -> bytes:
    return "\n".join(map(json.dumps, _rows())).encode()


MADE: dict[str, Callable[[], Files]] = {
    **{ending: (lambda e=ending: _picture(e)) for ending in PICTURES},
    **{ending: (lambda e=ending: _sound(e)) for ending in SOUNDS},
    **{ending: (lambda e=ending: _film(e)) for ending in FILMS},
    "csv": lambda: {"manifest.csv": _csv(",")},
    "tsv": lambda: {"manifest.tsv": _csv("\t")},
    "jsonl": lambda: {"manifest.jsonl": _lines()},
    "json": lambda: {"manifest.json": json.dumps(_rows()).encode()},
    "csv.gz": lambda: {"manifest.csv.gz": gzip.compress(_csv(","), mtime=0)},
    "parquet": lambda: {"manifest.parquet": _parquet()},
    "arrow": lambda: {"x.arrow": _arrow()},
    "npz": lambda: {"x.npz": _npz()},
    "npy": lambda: {"image.npy": _npy(), "ids.txt": b"\n".join(b"i%d" % n for n in range(ROWS))},
    "zip": lambda: {"x.zip": _zip()},
    "tar": lambda: {"x.tar": _tar("w")},
    "tar.gz": lambda: {"x.tar.gz": _tar("w:gz")},
    "lance": lambda: _folder(_lance),
    "saved": lambda: _folder(_saved),
    **{ending: (lambda e=ending: _extra(e)) for ending in EXTRAS},
}
"""Format -> what makes the folder of a whole file of it."""
MEDIA = (*PICTURES, *SOUNDS, *FILMS, *EXTRAS)
"""Formats of which one damaged file must not take the rest of its folder with it."""


@cache
def sample(format: str) -> Files:
    """The files of one format, made once."""
    return MADE[format]()
