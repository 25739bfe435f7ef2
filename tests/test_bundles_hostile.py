"""A hostile or damaged bundle is refused in one line, before memory or disk is filled."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.__main__ import main
from mmalign_core.settings import Settings
from mmalign_core.store.bundle_files import MANIFEST
from mmalign_core.store.serialization import check_frame, write_frame
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow.bundles import opened_bundle
from tests.bundled_runs import plain_zip, rewritten, with_media


def with_member(name: str, content: bytes = b"x", **attributes: int) -> Callable[[Path, Path], None]:
    """The bundle with one more member, which the manifest does not list."""

    def write(source: Path, out: Path) -> None:
        out.write_bytes(source.read_bytes())
        entry = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(entry, attribute, value)
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr(entry, content)

    return write


def bomb(source: Path, out: Path) -> None:
    plain_zip(out, ("run/run.json", b"\0" * (50 << 20)), compression=zipfile.ZIP_DEFLATED)


def twice(source: Path, out: Path) -> None:
    out.write_bytes(source.read_bytes())
    with pytest.warns(UserWarning), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("run/run.json", b"{}")


def encrypted(source: Path, out: Path) -> None:
    content = bytearray(plain_zip(out, ("run/run.json", b"{}")).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    out.write_bytes(content)


def overlapping(source: Path, out: Path) -> None:
    """Two entries of the directory lead to the same bytes."""
    content = plain_zip(out, ("run/run.json", b"x" * 5000)).read_bytes()
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = content[at:end]
    other = entry.replace(b"run/run.json", b"bundle.json\0"[:12]).replace(b"bundle.json\0", b"marks.jsonl\0")
    directory = entry + other[:28] + struct.pack("<H", 11) + other[30:46] + b"marks.jsonl"
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), at, 0)
    out.write_bytes(content[:at] + directory + tail)


def larger_than_stated(source: Path, out: Path) -> None:
    content = bytearray(plain_zip(out, ("marks.jsonl", b"x")).read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 20 : at + 28] = struct.pack("<2L", 300 << 20, 300 << 20)
    out.write_bytes(content)


def endless_directory(source: Path, out: Path) -> None:
    content = bytearray(source.read_bytes())
    content[-10:-6] = struct.pack("<L", 0xF0000000)
    out.write_bytes(content)


def endless_directory_of_zip64(source: Path, out: Path) -> None:
    content = source.read_bytes()
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, 1 << 40, 0)
    out.write_bytes(content[:-22] + large + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + content[-22:])


def flipped(source: Path, out: Path) -> None:
    content = bytearray(source.read_bytes())
    content[content.index(b"run/state.safetensors") + 400] ^= 1
    out.write_bytes(content)


def other_digest(source: Path, out: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    manifest = json.loads(members[0][1])
    manifest["members"]["run/run.json"]["sha256"] = "0" * 64
    plain_zip(out, (MANIFEST, json.dumps(manifest).encode()), *members[1:])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (bomb, "is compressed"),
        (with_member("/etc/passwd"), "leads out of the bundle"),
        (with_member("../up.json"), "leads out of the bundle"),
        (with_member("run/../../up"), "leads out of the bundle"),
        (with_member("C:\\up"), "leads out of the bundle"),
        (with_member("run/state.pkl"), "is no part of a bundle"),
        (with_member("marks.jsonl", external_attr=0o120777 << 16), "is a link or device"),
        (with_member("marks.jsonl"), "its manifest and its members differ in 'marks.jsonl'"),
        (twice, "is there twice"),
        (encrypted, "is encrypted"),
        (overlapping, "they overlap"),
        (larger_than_stated, "more than the"),
        (endless_directory, "it lists more than"),
        (endless_directory_of_zip64, "it lists more than"),
        (flipped, "it is damaged: Bad CRC"),
        (other_digest, "differs from its SHA-256"),
        (lambda source, out: out.write_bytes(source.read_bytes()[:-30]), "cut off"),
        (lambda source, out: out.write_bytes(source.read_bytes()[:2000]), "cut off"),
        (lambda source, out: out.write_bytes(b""), "cut off"),
        (lambda source, out: out.write_bytes(source.read_bytes() + b"more"), "cut off"),
        (lambda source, out: out.write_bytes(b"#!/bin/sh\n" + source.read_bytes()), "before its start"),
        (lambda source, out: plain_zip(out, ("marks.jsonl", b"")), "it holds no bundle.json"),
        (lambda source, out: plain_zip(out, (MANIFEST, b"[" * 100_000)), "is damaged"),
        (lambda source, out: plain_zip(out, (MANIFEST, b"\xff")), "is damaged"),
        (lambda source, out: plain_zip(out, (MANIFEST, b"[1]")), "is not as this program writes it"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(
    tmp_path: Path, vectors_zip: Path, capsys: pytest.CaptureFixture[str], write, words: str
) -> None:
    out, store = tmp_path / "hostile.zip", tmp_path / "store"
    write(vectors_zip, out)
    for argv in (["open", str(out), "--save", "taken", "--store", str(store)], ["verify", str(out)]):
        assert main(argv) == 2
        said = capsys.readouterr().err
        assert words in said and "'hostile.zip' is not opened" in said and len(said.splitlines()) == 1
    assert not list(tmp_path.rglob("run.json")) and not (tmp_path.parent / "up.json").exists()


def test_too_many_and_too_large_files_are_refused(tmp_path: Path, vectors_zip: Path) -> None:
    for limits, words in (
        ({"max_archive_files": 3}, "MAX_ARCHIVE_FILES"),
        ({"max_archive_bytes": 999}, "ARCHIVE_BYTES"),
    ):
        with pytest.raises(BadInput, match=words), opened_bundle(vectors_zip, Settings(**limits)):
            pass


def lying_header(members: dict[str, bytes]) -> None:
    header = json.dumps({"vectors": {"dtype": "F32", "shape": [1 << 40, 8], "data_offsets": [0, 1 << 45]}}).encode()
    members["run/space/0.safetensors"] = struct.pack("<Q", len(header)) + header + b"\0" * 32


def endless_header(members: dict[str, bytes]) -> None:
    members["encoded/0.safetensors"] = struct.pack("<Q", 1 << 62) + b"{}"


def swollen_table(members: dict[str, bytes]) -> None:
    """A hundred kilobytes that stand for more than fifty million cells."""
    out = io.BytesIO()
    pq.write_table(pa.table({str(i): pa.nulls(9_000_000, pa.int8()) for i in range(6)}), out)
    assert out.tell() < 1 << 17
    members["run/collection/items.parquet"] = out.getvalue()


def other_table(members: dict[str, bytes]) -> None:
    members["run/collection/items.parquet"] = b"PAR1 nothing"


def medium_outside(members: dict[str, bytes]) -> None:
    with_media(members, Media("i0", "image", "0" * 32, path="/etc/passwd"))


def unknown_aligner(members: dict[str, bytes]) -> None:
    run = json.loads(members["run/run.json"])
    members["run/run.json"] = json.dumps(run | {"aligner": "os.system"}).encode()


def changed_run(**values: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["run/run.json"] = json.dumps(json.loads(members["run/run.json"]) | values).encode()

    return change


def words_for_numbers(members: dict[str, bytes]) -> None:
    members["run/run.json"] = b'{"format": 1, "pair": 7}'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lying_header, "are not as this program writes them"),
        (endless_header, "are not as this program writes them"),
        (swollen_table, "takes more than"),
        (other_table, "is not as this program writes it"),
        (medium_outside, "lies outside of the bundle"),
        (unknown_aligner, "os.system"),
        (words_for_numbers, "are not as this program writes them"),
        (changed_run(seed="x"), "its seed is 'x'"),
        (changed_run(pair=["image", "audio"]), "its space holds no audio"),
        (changed_run(report={"metrics": [1], "seconds": {"fit": 0}}), "its metrics are no numbers"),
        (changed_run(report={"metrics": {"a": {"mrr": "x"}}, "seconds": {"fit": 0}}), "its metrics are no numbers"),
    ],
)
def test_files_that_lie_are_refused_in_one_line(
    tmp_path: Path, vectors_zip: Path, capsys: pytest.CaptureFixture[str], change, words: str
) -> None:
    forged = rewritten(vectors_zip, tmp_path / "forged.zip", change)
    assert main(["open", str(forged), "--save", "taken", "--store", str(tmp_path / "store")]) == 2
    said = capsys.readouterr().err
    assert words in said and "'forged.zip' is not opened" in said and len(said.splitlines()) == 1
    assert str(tmp_path) not in said and not (tmp_path / "store").exists()


def test_a_table_of_repeated_words_is_measured_before_it_is_read(tmp_path: Path) -> None:
    """Ten megabytes of one word take less than a tenth of that as Parquet."""
    path = tmp_path / "items.parquet"
    write_frame(path, pd.DataFrame({"word": ["x" * 10_000] * 1000}))
    assert path.stat().st_size < 1 << 20
    check_frame(path, 20 << 20)
    with pytest.raises(BadInput, match="takes more than"):
        check_frame(path, 5 << 20)
