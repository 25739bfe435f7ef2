"""What is killed: encode, align, compare, fetch, and a save over an earlier run that holds files of others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaign.killed import in_child

Work = Callable[[Path], None]
_NOTES = "years of work"
_MEASURED = {"metrics", "ci95", "baseline", "space", "n_train", "n_test"}
"""Keys of reports that are the same in every run of one command: neither times, nor memory, nor what was there."""


@dataclass(frozen=True)
class Operation:
    """`prepare(place)` makes what is there before, `work(place)` is what is killed, `check(place)` looks after a kill
    and raises where something is half, `result(place)` is what must be the same."""

    prepare: Work
    work: Work
    check: Work
    result: Callable[[Path], Any]


def run_command(*words: str) -> None:
    """Run one command in this process."""
    from mmalign_core.__main__ import main

    if code := main(list(words)):
        raise AssertionError(f"{words} ended with {code}")


def told(path: Path) -> Any:
    """What of a report is the same in every run."""
    return {key: value for key, value in json.loads(path.read_text()).items() if key in _MEASURED}


def bits(folder: Path, pattern: str) -> dict[str, str]:
    """The digests of the files below the folder."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check_reports(place: Path) -> None:
    """Reports and runs are whole or not there, and the store opens."""
    from mmalign_core.store import Store, load_run_folder
    from mmalign_core.store.start import leftovers

    store = Store(place / "store")
    store.list_runs(), store.list_collections(), store.size()
    if left := leftovers(store.root):
        raise AssertionError(f"left after the start: {left}")
    for report in place.glob("[!.]*.json"):
        json.loads(report.read_text())
    for run in place.glob("[!.]*/run.json"):
        load_run_folder(run.parent)


def make_data(folder: Path) -> Path:
    """Twelve pictures with captions, and vectors of two kinds for sixty items."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    folder.mkdir()
    lines = ["id,image,text"]
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(folder / f"{number}.png")
        lines.append(f"i{number},{number}.png,a picture of number {number}")
    (folder / "manifest.csv").write_text("\n".join(lines))
    rows = {"ids": np.array([f"i{n}" for n in range(60)])}
    np.savez(folder / "own.npz", **rows, **{name: rng.standard_normal((60, 8)) for name in ("image", "text")})
    return folder


def operations(data: Path, hub: str) -> dict[str, Operation]:
    """The operations that are killed, by name."""
    pair = (str(data / "own.npz"), "--pair", "image:text")
    encoders = ("--encoder", "text=bag-of-words", "--encoder", "image=colour-gradient")

    def command(*words: str) -> Work:
        return lambda place: run_command(
            *(word.format(place=place) for word in words),
            "--store",
            str(place / "store"),
            "--json",
            str(place / "o.json"),
        )

    def vectors(place: Path) -> Any:
        from mmalign_core.data import read_collection
        from mmalign_core.store import Store

        store, digests = Store(place / "store"), [m.digest for m in read_collection(data / "manifest.csv").media]
        rows = {key: store.embeddings(key, digests).vectors.tobytes() for key in sorted(store.size())}
        return {key: hashlib.sha256(content).hexdigest() for key, content in rows.items()}

    def earlier(place: Path) -> None:
        place.mkdir()
        shutil.copytree(data / "exp", place / "exp")

    def kept(place: Path) -> None:
        from mmalign_core.store import load_run_folder

        check_reports(place)
        load_run_folder(place / "exp"), load_run_folder(place / "exp" / "second")
        if (place / "exp" / "notes" / "plan.txt").read_text() != _NOTES:
            raise AssertionError("the notes are gone")

    def fetched(place: Path) -> None:
        os.environ |= {"HF_HUB_CACHE": str(place / "cache"), "HF_ENDPOINT": hub, "NO_PROXY": "127.0.0.1"}
        command("fetch", "clap:laion/tiny-clap")(place)

    def run_bits(place: Path) -> Any:
        name = "exp" if (place / "exp").exists() else "run"
        rest = ["notes/*", "second/*"]
        patterns = ["state.safetensors", "space/*", *(rest if name == "exp" else [])]
        return told(place / "o.json") | {p: bits(place / name, p) for p in patterns}

    align = ("align", *pair, "--aligner", "ridge", "--save")
    return {
        "encode": Operation(
            Path.mkdir, command("encode", str(data / "manifest.csv"), *encoders), check_reports, vectors
        ),
        "align": Operation(Path.mkdir, command(*align, "{place}/run"), check_reports, run_bits),
        "compare": Operation(
            Path.mkdir,
            command("compare", *pair, "--aligners", "cca,ridge"),
            check_reports,
            lambda place: _measured(place / "o.json"),
        ),
        "save": Operation(earlier, command(*align, "{place}/exp"), kept, run_bits),
        "fetch": Operation(Path.mkdir, fetched, check_reports, lambda place: bits(place / "cache", "*/snapshots/**/*")),
    }


def _measured(report: Path) -> Any:
    rows = json.loads(report.read_text())["rows"]
    return [{key: value for key, value in row.items() if key in ("aligner", "metrics", "params")} for row in rows]


@contextmanager
def campaign(folder: Path) -> Iterator[dict[str, Operation]]:
    """The operations, with their data and a hub on this machine."""
    import numpy as np
    from safetensors.numpy import save

    from tests.local_hub import Hub, serve

    weights = save({"a": np.random.default_rng(0).standard_normal((200, 1000)).astype(np.float32)})
    hub = serve(Hub({"config.json": b'{"model_type": "clap"}', "model.safetensors": weights, "tokenizer.json": b"{}"}))
    data = make_data(folder / "data")
    made = operations(data, f"http://127.0.0.1:{hub.server_port}")
    try:
        for name in ("exp", "exp/second"):
            command = ("align", str(data / "own.npz"), "--pair", "image:text", "--aligner", "cca")
            words = (*command, "--save", str(data / name), "--store", str(folder / "first"))
            if in_child(lambda words=words: run_command(*words), log=folder / "log")[0]:
                raise AssertionError("the first run cannot be saved")
        (data / "exp" / "notes").mkdir()
        (data / "exp" / "notes" / "plan.txt").write_text(_NOTES)
        yield made
    finally:
        hub.shutdown()
        hub.server_close()
