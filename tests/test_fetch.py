"""Models come from a hub whole or not at all: a small hub on this machine that can cut, lie, and be away."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from mmalign_core.__main__ import main
from mmalign_core.encoders import hub_files
from mmalign_core.model_files import model_folder
from mmalign_core.model_files.hub import repository_info
from mmalign_core.model_files.locations import hub_cache, own_folder, snapshot
from mmalign_core.model_files.requirements import RequiredFiles, choose_files
from mmalign_core.model_files.weights import check_weights, weights_version
from mmalign_core.types import BadInput
from mmalign_core.workflow.downloads import fetch_model, plan_fetch, present_models, remove_model
from tests.local_hub import COMMIT, NAME, Hub, serve

REFERENCE = f"clap:{NAME}"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    weights = save({"a": np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)})
    files = {
        "config.json": b'{"model_type": "clap"}',
        "model.safetensors": weights,
        "pytorch_model.bin": b"never fetched",
        "modeling_clap.py": b"raise SystemExit",
        "onnx/model.onnx": b"never fetched",
        "README.md": b"---\nlicense: apache-2.0\n---\n",
        "tokenizer.json": b"{}",
    }
    made = Hub(files)
    server = serve(made)
    made.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", made.address)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield made
    server.shutdown()
    server.server_close()


def part_of(hub: Hub) -> Path:
    digest = hashlib.sha256(hub.files["model.safetensors"]).hexdigest()
    return hub_cache() / "models--laion--tiny-clap" / "blobs" / f"{digest}.part"


def test_a_model_comes_whole_without_pickles_or_code(hub: Hub) -> None:
    plan = plan_fetch(REFERENCE)
    wanted_files = ("README.md", "config.json", "model.safetensors", "tokenizer.json")
    assert plan.bytes == plan.lacking == sum(len(hub.files[name]) for name in wanted_files)
    assert "1.2 MB" in plan.words and "apache-2.0" in plan.words
    shown: list[float] = []
    fetch_model(plan, lambda share, _: shown.append(share))
    folder = model_folder("clap", NAME)
    assert sorted(p.name for p in folder.iterdir()) == sorted(wanted_files)
    assert all((folder / name).read_bytes() == hub.files[name] for name in wanted_files)
    assert shown == sorted(shown) and shown[-1] == 1.0
    assert weights_version(folder) == COMMIT[:12]


def test_the_library_of_the_hub_finds_what_was_fetched(hub: Hub) -> None:
    from huggingface_hub import scan_cache_dir, snapshot_download

    fetch_model(plan_fetch(REFERENCE))
    found = snapshot_download(NAME, local_files_only=True, cache_dir=hub_cache())
    assert Path(found).samefile(model_folder("clap", NAME))
    scanned = scan_cache_dir(hub_cache())
    assert [repo.repo_id for repo in scanned.repos] == [NAME] and not scanned.warnings


def test_a_cut_connection_is_taken_up_where_it_ended(hub: Hub) -> None:
    hub.cuts, hub.cut_after = 2, 500_000
    fetch_model(plan_fetch(REFERENCE))
    ranges = [asked for name, asked in hub.asked if name == "model.safetensors"]
    assert ranges == ["", "bytes=500000-", "bytes=1000000-"]
    check_weights(model_folder("clap", NAME))


def test_a_download_that_was_given_up_goes_on_with_the_next_command(hub: Hub) -> None:
    plan = plan_fetch(REFERENCE)

    def stop(share: float, message: str) -> None:
        if "model.safetensors" in message and share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_model(plan, stop)
    kept = part_of(hub).stat().st_size
    assert kept > 0
    with pytest.raises(BadInput, match=r"is not here"):
        model_folder("clap", NAME)
    hub.asked.clear()
    again = plan_fetch(REFERENCE)
    assert again.lacking <= again.bytes - kept and "still to come" in again.words
    fetch_model(again)
    assert hub.asked[0] == ("model.safetensors", f"bytes={kept}-") and not part_of(hub).exists()
    check_weights(model_folder("clap", NAME))


def test_a_connection_that_stays_cut_is_one_line_and_keeps_what_came(hub: Hub) -> None:
    plan = plan_fetch(REFERENCE)
    hub.cuts, hub.cut_after = 99, 0
    with pytest.raises(BadInput, match=r"connection is cut.*run the same command again"):
        fetch_model(plan)
    hub.cuts = 0
    fetch_model(plan)
    check_weights(model_folder("clap", NAME))


def test_content_that_is_not_what_the_hub_describes_is_thrown_away(hub: Hub) -> None:
    good = hub.files["model.safetensors"]
    hub.swap["model.safetensors"] = good[:-1] + bytes([good[-1] ^ 1])
    with pytest.raises(BadInput, match=r"arrived damaged"):
        fetch_model(plan_fetch(REFERENCE))
    assert not part_of(hub).exists() and snapshot(NAME) is None
    hub.swap["model.safetensors"] = good[:-9]
    with pytest.raises(BadInput, match=r"connection is cut|arrived damaged"):
        fetch_model(plan_fetch(REFERENCE))


def test_what_is_here_is_not_fetched_again(hub: Hub) -> None:
    fetch_model(plan_fetch(REFERENCE))
    hub.asked.clear()
    plan = plan_fetch(REFERENCE)
    assert plan.lacking == 0
    fetch_model(plan)
    assert hub.asked == []


def test_models_are_listed_with_size_and_licence_and_removed(hub: Hub) -> None:
    assert present_models() == ()
    plan = plan_fetch(REFERENCE)
    fetch_model(plan)
    (row,) = present_models()
    assert (row.name, row.reference, row.whole, row.licence) == (NAME, REFERENCE, True, "apache-2.0")
    assert plan.bytes <= row.bytes <= plan.bytes + 100
    assert remove_model(REFERENCE) == row.bytes and present_models() == ()
    with pytest.raises(BadInput, match=r"no model .* is here to remove"):
        remove_model(REFERENCE)


def test_a_model_cut_short_is_listed_as_such(hub: Hub) -> None:
    fetch_model(plan_fetch(REFERENCE))
    weights = (model_folder("clap", NAME) / "model.safetensors").resolve()
    weights.write_bytes(weights.read_bytes()[:1000])
    assert [row.whole for row in present_models()] == [False]
    fetch_model(plan_fetch(REFERENCE))
    assert [row.whole for row in present_models()] == [True]


def test_commands_say_the_size_first(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", REFERENCE, "--size", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert "1.2 MB" in err and json.loads(out)["fetched"] == 0 and hub.asked == []
    assert main(["fetch", REFERENCE]) == 0
    assert "whole and verified" in capsys.readouterr().out
    assert main(["fetch", "--list"]) == 0
    assert REFERENCE in capsys.readouterr().out
    assert main(["fetch", "--remove", REFERENCE]) == 0
    assert "MB are free" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["--list", REFERENCE], ["nothing"], ["clap:"], ["clap:../up"], ["claps:x/y"]]
)
def test_bad_commands_are_one_line(hub: Hub, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unknown_name_gets_the_nearest(hub: Hub) -> None:
    with pytest.raises(BadInput, match=r"has no model 'laion/clap-htsat-unfusd' \(did you mean 'laion/clap-htsat-unf"):
        plan_fetch("clap:laion/clap-htsat-unfusd")
    with pytest.raises(
        BadInput, match=r"did you mean 'laion/clap-htsat-unf.*looked for in .*python -m mmalign_core fetch"
    ):
        model_folder("clap", "clap-htsat-unfusd")


def test_a_hub_that_is_away_or_silent_is_one_line(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(BadInput, match=r"cannot be reached .*no connection"):
            repository_info(NAME)
        silent.listen()
        with pytest.raises(BadInput, match=r"cannot be reached .*no answer in time"):
            repository_info(NAME, patience=0.4)


def test_a_full_disk_is_said_before_anything_comes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    real = shutil.disk_usage(hub_cache().parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=10))
    with pytest.raises(BadInput, match=r"are needed in .* are free; make room"):
        fetch_model(plan_fetch(REFERENCE))
    assert hub.asked == []


def test_a_folder_in_our_models_is_found_without_a_hub(hub: Hub) -> None:
    folder = own_folder() / "someone" / "copied"
    folder.mkdir(parents=True)
    assert model_folder("clap", "someone/copied") == folder
    folder.rmdir()


def test_bins_are_taken_only_where_there_are_no_safetensors() -> None:
    names = ["config.json", "pytorch_model.bin", "2_Dense/pytorch_model.bin", "2_Dense/model.safetensors", "x.pkl"]
    assert choose_files(names, RequiredFiles("a/b")) == (
        "2_Dense/model.safetensors",
        "config.json",
        "pytorch_model.bin",
    )
    with pytest.raises(BadInput, match=r"no weights as safetensors or .bin"):
        choose_files(["config.json", "weights.pkl", "model.h5"], RequiredFiles("a/b"))


def test_shards_are_taken_together_and_doubles_left() -> None:
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
    assert choose_files([*shards, "consolidated.safetensors"], RequiredFiles("a/b")) == tuple(shards)


def test_open_clip_names_lead_to_their_repositories() -> None:
    first, *_ = hub_files("open-clip:ViT-B-32/openai")
    assert first.repository == "timm/vit_base_patch32_clip_224.openai"
    names = [*first.weights, "open_clip_config.json", "model.safetensors"]
    assert choose_files(names, first) == ("open_clip_config.json", "open_clip_model.safetensors")
    siglip = hub_files("open-clip:ViT-B-16-SigLIP/webli")
    assert any(not needs.with_weights for needs in siglip) or len(siglip) == 1
    assert hub_files("open-clip:hf-hub:laion/some-model")[0].repository == "laion/some-model"
    with pytest.raises(BadInput, match=r"did you mean ViT-B-32/openai"):
        hub_files("open-clip:ViT-B-32/opnai")
