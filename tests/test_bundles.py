"""A run as one file: it comes back whole, its numbers are computed again, and a hostile file is refused in one line."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from given_vectors import given
from store_records import assert_same_collection, assert_same_set

from mmalign_core.__main__ import main
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.bundle_files import MANIFEST, write_bundle_file
from mmalign_core.store.columns import write_media
from mmalign_core.store.ownership import file_digest
from mmalign_core.store.serialization import check_frame, read_sets, write_frame, write_sets
from mmalign_core.types import BadInput, Collection, Media, MediaTable
from mmalign_core.types.embeddings import Pivots
from mmalign_core.types.sequences import as_sequences
from mmalign_core.workflow import (
    Choices,
    MarkKind,
    QuerySpec,
    add_mark,
    align,
    answer,
    encode,
    encoded_run,
    import_marks,
    load_run,
    read_marks,
    save_run,
)
from mmalign_core.workflow.bundles import open_bundle, opened_bundle, pack_run
from mmalign_core.workflow.error_analysis.refit import aligner_inputs
from mmalign_core.workflow.verification import verify_bundle

SCORED = {"correction": "csls", "matcher": "hungarian"}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store in which the runs of this module lie."""
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="module")
def here(workplace: Path) -> Store:
    return Store(workplace / "store")


@pytest.fixture(scope="module")
def vectors_zip(workplace: Path, here: Store) -> Path:
    """The bundle of a run of given vectors."""
    collection, encoding = given(40)
    save_run(align(collection, encoding, Choices(aligner="cca", test=0.4), store=here), "vectors", store=here)
    return packed("vectors", workplace / "vectors.zip", here)


@pytest.fixture(scope="module")
def media_zip(workplace: Path, here: Store, few: Collection) -> Path:
    """The bundle of a run of drawn pictures and their names, with its media."""
    choices = Choices(pair=("image", "text"), aligner="bridge", test=0.5)
    run = align(few, encode(few, store=here), choices, store=here)
    save_run(run, "media", store=here)
    return packed("media", workplace / "media.zip", here, media=True)


def packed(ref: str, out: Path, store: Store, **chosen: bool) -> Path:
    """The run's bundle, written to `out`."""
    with out.open("wb") as file:
        pack_run(ref, file, store=store, **chosen)
    return out


def rewritten(source: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A bundle whose members were changed by somebody who also mended the manifest and the checksums."""
    folder = out.with_suffix("")
    with zipfile.ZipFile(source) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        members = {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}
    change(members)
    sums = json.loads(members["run/checksums.json"])
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sums = {name: file_digest(folder / "run" / name) for name in sums}
    (folder / "run" / "checksums.json").write_text(json.dumps(sums))
    head = {name: value for name, value in manifest.items() if name not in ("format", "version", "members")}
    with out.open("wb") as file:
        write_bundle_file(file, head, {name: folder / name for name in members})
    return out


def test_the_same_run_makes_the_same_bytes(workplace: Path, here: Store, media_zip: Path) -> None:
    again = packed("media", workplace / "again.zip", here, media=True)
    assert again.read_bytes() == media_zip.read_bytes()
    with zipfile.ZipFile(again) as archive:
        assert archive.namelist()[0] == MANIFEST
        manifest = json.loads(archive.read(MANIFEST))
        for name, listed in manifest["members"].items():
            assert sha256(archive.read(name)).hexdigest() == listed["sha256"]
        assert not any(name.endswith((".pkl", ".pickle", ".npy", ".pt")) for name in archive.namelist())
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert str(here.root).encode() not in whole and str(Path.home()).encode() not in whole


def test_a_run_comes_back_without_its_data_and_makes_the_same_bundle(
    tmp_path: Path, here: Store, media_zip: Path
) -> None:
    elsewhere = Store(tmp_path / "store")
    folder = open_bundle(media_zip, store=elsewhere)
    first, opened = here.load_run("media"), elsewhere.load_run("media")
    for modality, rows in first.space.items():
        assert_same_set(rows, opened.space[modality])
    assert first.report == opened.report and first.created == opened.created
    assert first.collection.digest == opened.collection.digest
    for one, other in zip(first.collection.media, opened.collection.media, strict=True):
        assert (one.item, one.modality, one.digest, one.text) == (other.item, other.modality, other.digest, other.text)
        if one.path:
            assert Path(other.path or "").is_relative_to(folder)
            assert Path(other.path or "").read_bytes() == Path(one.path).read_bytes()
    again = packed("media", tmp_path / "again.zip", elsewhere, media=True)
    assert again.read_bytes() == media_zip.read_bytes()
    moved = folder.rename(tmp_path / "moved")
    assert all(Path(m.path or "").is_file() for m in load_run(str(moved), store=elsewhere).collection.media_of("image"))


def test_an_opened_run_works_without_media(tmp_path: Path, workplace: Path, here: Store, media_zip: Path) -> None:
    small = packed("media", workplace / "small.zip", here)
    assert small.stat().st_size < media_zip.stat().st_size
    elsewhere = Store(tmp_path / "store")
    open_bundle(small, "mine", store=elsewhere)
    run = load_run("mine", store=elsewhere)
    found = answer(run, QuerySpec.of(text="a dog", k=3), store=elsewhere)
    known = answer(load_run("media", store=here), QuerySpec.of(text="a dog", k=3), store=here)
    assert [item.id for item in found.results] == [item.id for item in known.results]
    sets = aligner_inputs(run, store=elsewhere)
    for modality, rows in aligner_inputs(load_run("media", store=here), store=here).items():
        assert_same_set(rows, sets[modality])


def test_marks_go_along_and_can_be_imported_elsewhere(tmp_path: Path, workplace: Path, vectors_zip: Path) -> None:
    elsewhere = Store(tmp_path / "store")
    open_bundle(vectors_zip, "run", store=elsewhere)
    collection = load_run("run", store=elsewhere).collection
    add_mark(collection, elsewhere, MarkKind.WRONG_PAIR, "i3", note="ß\n<b>", who="me")
    with zipfile.ZipFile(packed("run", tmp_path / "marked.zip", elsewhere)) as archive:
        (tmp_path / "marks.jsonl").write_bytes(archive.read("marks.jsonl"))
    third = Store(tmp_path / "third")
    assert not import_marks(collection, third, tmp_path / "marks.jsonl").rejected
    (mark,) = read_marks(collection, third)
    assert (mark.item, mark.kind, mark.note.split(), mark.who) == ("i3", MarkKind.WRONG_PAIR, ["ß", "<b>"], "me")


def test_an_opened_run_has_its_marks_once(tmp_path: Path, here: Store, vectors_zip: Path) -> None:
    own, other = Store(tmp_path / "own"), Store(tmp_path / "other")
    open_bundle(vectors_zip, "run", store=own)
    add_mark(load_run("run", store=own).collection, own, MarkKind.WRONG_PAIR, "i3", note="=1", who="me")
    bundle = packed("run", tmp_path / "marked.zip", own)
    for name in ("first", "second"):
        open_bundle(bundle, name, store=other)
        (mark,) = read_marks(load_run(name, store=other).collection, other)
        assert (mark.item, mark.note, mark.who, mark.outdated) == ("i3", "=1", "me", False)


def test_a_name_that_is_taken_is_not_replaced_unasked(here: Store, vectors_zip: Path) -> None:
    with pytest.raises(BadInput, match="holds a run 'vectors' already; name another with --save"):
        open_bundle(vectors_zip, store=here)
    open_bundle(vectors_zip, "another", store=here)
    assert_same_collection(here.load_run("another").collection, here.load_run("vectors").collection)


@pytest.mark.parametrize(
    "choices",
    [
        {"aligner": "cca", "test": 0.4},
        {"aligner": "procrustes", "folds": 3, **SCORED},
        {"aligner": "infonce-mlp", "test": 0.3, "correction": "nnn", "params": {"steps": 20}},
        {"aligner": "procrustes", "test": 0.4, "matcher": "threshold", "matcher_params": {"suggested": True}},
        {"aligner": "classic"},
    ],
    ids=lambda chosen: f"{chosen['aligner']}-{chosen.get('matcher', '')}",
)
def test_every_number_is_computed_again(tmp_path: Path, here: Store, choices: dict) -> None:
    collection, encoding = given(40)
    save_run(align(collection, encoding, Choices(**choices), store=here), "made", store=here)
    found = verify_bundle(packed("made", tmp_path / "made.zip", here))
    assert found.report() | {"checked": 0, "members": 0} == {
        "verified": True,
        "checked": 0,
        "differences": [],
        "not_checked": [],
        "members": 0,
        "tolerance": 1e-6,
    }
    assert found.checked > 150


def test_encoded_media_are_verified(media_zip: Path) -> None:
    found = verify_bundle(media_zip)
    assert found.verified, found.differences[:3]


def changed_metric(members: dict[str, bytes]) -> None:
    run = json.loads(members["run/run.json"])
    run["report"]["metrics"]["image->text"]["recall@10"] += 2e-6
    members["run/run.json"] = json.dumps(run).encode()


def changed_interval(members: dict[str, bytes]) -> None:
    run = json.loads(members["run/run.json"])
    run["report"]["ci95"]["text->image"]["mrr"][1] -= 0.01
    members["run/run.json"] = json.dumps(run).encode()


def changed_vector(name: str, dtype: type = np.float32) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        content = bytearray(members[name])
        start = 8 + struct.unpack("<Q", content[:8])[0]
        numbers = np.frombuffer(content[start:], dtype).copy()
        numbers[0] += 0.05
        content[start:] = numbers.tobytes()
        members[name] = bytes(content)

    return change


def with_media(members: dict[str, bytes], medium: Media) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_media(Path(folder), MediaTable.of([medium]))
        members["run/collection/media.parquet"] = (Path(folder) / "media.parquet").read_bytes()


def changed_title(members: dict[str, bytes]) -> None:
    with_media(members, Media("i0", "text", "0" * 32, text="another"))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (changed_metric, "report.metrics.image->text.recall@10"),
        (changed_interval, "report.ci95.text->image.mrr[1]"),
        (changed_vector("encoded/0.safetensors"), "aligner.image["),
        (changed_vector("run/space/1.safetensors"), "aligner.text["),
        (changed_vector("run/state.safetensors", np.float64), "state."),
        (changed_title, "collection.digest"),
    ],
)
def test_what_was_changed_is_found(
    tmp_path: Path, vectors_zip: Path, capsys: pytest.CaptureFixture[str], change, name: str
) -> None:
    """The digests were mended too: only computing it again tells."""
    forged = rewritten(vectors_zip, tmp_path / "forged.zip", change)
    assert main(["verify", str(forged), "--json", str(tmp_path / "out.json")]) != 0
    assert "is not verified" in capsys.readouterr().err
    found = json.loads((tmp_path / "out.json").read_text())
    assert not found["verified"] and any(each["name"].startswith(name) for each in found["differences"])


def test_a_moved_map_is_found(tmp_path: Path, vectors_zip: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = members["map/map.safetensors"]
        start = 8 + struct.unpack("<Q", content[:8])[0]
        places = np.frombuffer(content[start:], np.float32).reshape(-1, 2)
        shuffled = np.random.default_rng(0).permutation(places)
        members["map/map.safetensors"] = content[:start] + shuffled.tobytes()

    found = verify_bundle(rewritten(vectors_zip, tmp_path / "forged.zip", change))
    assert {each.name for each in found.differences} == {"map.trustworthiness", "map.neighbour_overlap"}


def test_without_vectors_the_fit_is_not_called_verified(tmp_path: Path, vectors_zip: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("encoded/")]:
            del members[name]

    found = verify_bundle(rewritten(vectors_zip, tmp_path / "less.zip", change))
    assert not found.verified and not found.differences and "no vectors as encoded" in found.not_checked[0]


def plain_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


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


def test_sequences_and_linking_texts_are_kept(tmp_path: Path) -> None:
    rows = given(3)[1].sets["text"]
    steps = as_sequences([np.ones((n + 1, 2), np.float16) * n for n in range(3)])
    pivots = Pivots(("a", "b"), (frozenset({"i0", "i1"}), frozenset()), np.eye(2, 8, dtype=np.float32))
    write_sets(tmp_path / "sets", {"text": replace(rows, sequences=steps, pivots=pivots)})
    found = read_sets(tmp_path / "sets")["text"]
    assert found.sequences is not None and found.pivots is not None
    assert [found.sequences[row].tolist() for row in range(3)] == [steps[row].tolist() for row in range(3)]
    assert (found.pivots.texts, found.pivots.owners) == (pivots.texts, pivots.owners)
    assert found.pivots.vectors.tobytes() == pivots.vectors.tobytes()


def test_the_commands_work_on_their_own_files_alone(
    tmp_path: Path, here: Store, vectors_zip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, store = tmp_path / "new" / "run.zip", ["--store", str(here.root)]
    for _ in range(2):
        assert main(["bundle", "vectors", "--out", str(out), *store, "--json", str(tmp_path / "b.json")]) == 0
        assert main(["verify", str(out), *store, "--json", str(tmp_path / "v.json")]) == 0
        argv = ["open", str(out), "--save", str(tmp_path / "run"), *store]
        assert main([*argv, "--json", str(tmp_path / "o.json")]) == 0
    assert json.loads((tmp_path / "v.json").read_text())["verified"] is True
    assert out.read_bytes() == vectors_zip.read_bytes()
    mine = plain_zip(tmp_path / "mine.zip", ("thesis.txt", b"precious"))
    capsys.readouterr()
    assert main(["bundle", "vectors", "--out", str(mine), *store]) == 2
    assert "was not written by this program" in capsys.readouterr().err
    assert main(["bundle", "vectors", "--out", str(tmp_path / "b"), *store]) == 2
    assert main(["open", str(tmp_path / "absent.zip"), *store]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_run_of_one_modality_is_verified(tmp_path: Path, here: Store) -> None:
    collection, encoding = given(12)
    image = {"image": encoding.sets["image"]}
    alone = replace(collection, vectors=image, digest="")
    save_run(encoded_run(alone, replace(encoding, sets=image)), "alone", store=here)
    with (tmp_path / "alone.zip").open("wb") as file:
        pack_run("alone", file, store=here)
    assert verify_bundle(tmp_path / "alone.zip").verified


def test_a_bundle_that_does_not_say_what_was_held_out_is_not_measured_otherwise(
    tmp_path: Path, vectors_zip: Path
) -> None:
    def forget(members: dict[str, bytes]) -> None:
        run = json.loads(members["run/run.json"])
        del run["report"]["holding_out"]
        members["run/run.json"] = json.dumps(run).encode()

    with pytest.raises(BadInput, match="does not say which items it held out"):
        verify_bundle(rewritten(vectors_zip, tmp_path / "old.zip", forget))
