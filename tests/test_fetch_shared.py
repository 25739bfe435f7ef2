"""Several programs share the cache of models: two fetches help each other, and what others wrote is never removed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from mmalign_core.__main__ import main
from mmalign_core.model_files.locations import hub_cache
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.workflow.downloads import fetch_model, plan_fetch, present_models, remove_model
from tests.local_hub import COMMIT, NAME, Hub, serve
from tests.store_records import REPOSITORY

REFERENCE = f"clap:{NAME}"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    weights = save({"a": np.random.default_rng(0).standard_normal((30, 1000)).astype(np.float32)})
    files = {"config.json": b'{"model_type": "clap"}', "model.safetensors": weights, "tokenizer.json": b"{}"}
    made = Hub(files)
    server = serve(made)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    made.released.set()
    server.shutdown()
    server.server_close()


def cached() -> Path:
    return hub_cache() / "models--laion--tiny-clap"


def of_another_program(hub: Hub, commit: str = COMMIT) -> Path:
    """The model as another program would have put it into the cache."""
    snapshot = cached() / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (cached() / "refs").mkdir(exist_ok=True)
    (cached() / "refs" / "main").write_text(commit)
    for name, content in hub.files.items():
        (snapshot / name).write_bytes(content)
    return snapshot


def test_two_processes_that_fetch_one_model_both_get_it_and_it_comes_once(hub: Hub) -> None:
    hub.held = True
    command = [sys.executable, "-m", "mmalign_core", "fetch", REFERENCE]
    both = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:  # each says the size before it begins: then the other one holds the lock, or waits for it
        assert one.stderr is not None
        assert "MB" in one.stderr.readline()
    hub.released.set()
    assert [one.wait(120) for one in both] == [0, 0], [one.stderr.read() for one in both if one.stderr]
    assert [name for name, _ in hub.asked].count("model.safetensors") == 1
    assert [row.whole for row in present_models()] == [True]


def test_what_fetch_wrote_is_removed_whole(hub: Hub) -> None:
    fetch_model(plan_fetch(REFERENCE))
    (row,) = present_models()
    assert remove_model(REFERENCE) == row.bytes and not cached().exists()
    with pytest.raises(BadInput, match="is here to remove"):
        remove_model(REFERENCE)


def test_a_copy_of_another_program_in_the_shared_cache_stays(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = of_another_program(hub)
    assert main(["fetch", "--remove", REFERENCE]) == 2
    said = capsys.readouterr().err
    assert "all programs share" in said and f"hf cache rm model/{NAME}" in said and len(said.splitlines()) == 1
    assert all((snapshot / name).read_bytes() == content for name, content in hub.files.items())


def test_of_a_repository_that_both_wrote_to_only_ours_goes(hub: Hub) -> None:
    fetch_model(plan_fetch(REFERENCE))
    theirs = cached() / "snapshots" / ("d" * 40)
    theirs.mkdir()
    blob = (cached() / "snapshots" / COMMIT / "config.json").resolve()
    (theirs / "config.json").symlink_to(f"../../blobs/{blob.name}")
    (theirs / "notes.txt").write_text("precious")
    (cached() / "refs" / "main").write_text("d" * 40)
    assert remove_model(REFERENCE) > 0
    assert (theirs / "config.json").read_bytes() == hub.files["config.json"]
    assert (theirs / "notes.txt").read_text() == "precious" and (cached() / "refs" / "main").exists()
    assert [path.name for path in (cached() / "blobs").iterdir()] == [blob.name]
    assert not (cached() / "snapshots" / COMMIT).exists()


@pytest.mark.parametrize("link", ["models", "models/laion", "models/laion/tiny-clap"])
def test_nothing_is_deleted_behind_a_link(
    hub: Hub, tmp_path: Path, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Settings().root
    mine = tmp_path / "mine"
    deep = Path(*Path("models/laion/tiny-clap").parts[len(Path(link).parts) :])
    (mine / deep).mkdir(parents=True)
    (home / link).parent.mkdir(parents=True)
    (home / link).symlink_to(mine)
    for name, content in hub.files.items():
        (mine / deep / name).write_bytes(content)
    assert main(["fetch", "--remove", NAME]) == 2
    said = capsys.readouterr().err
    assert "link" in said and "None" not in said and len(said.splitlines()) == 1
    assert sorted(path.name for path in (mine / deep).iterdir()) == sorted(hub.files)


def test_what_cannot_be_deleted_is_refused_with_the_reason_and_stays(
    hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Settings().root / "models" / NAME
    folder.mkdir(parents=True)
    for name, content in hub.files.items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr(
        "mmalign_core.model_files.inventory.remove_tree", lambda path: None
    )  # as an immutable file does
    assert main(["fetch", "--remove", NAME]) == 2
    said = capsys.readouterr().err
    assert "cannot delete" in said and "keeps a file" in said and "None" not in said
    assert sorted(path.name for path in folder.iterdir()) == sorted(hub.files)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
