"""The command that measures recommenders: on a folder, on a run, and where no aligner is needed."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import Run, save_run
from tests.toy_recommenders import ITEMS


def test_the_command_on_a_folder_and_on_a_run(
    capsys: pytest.CaptureFixture[str], demo: Collection, demo_run: Run, store: Store, tmp_path: Path
) -> None:
    folder = str(Path(demo.media_of("image")[0].path or "").parents[1])
    asked = ["--recommenders", "content,popular", "--relevant", "4", "-k", "5", "--json", "-"]
    assert main(["evaluate", folder, *asked]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["simulated"] and report["split_kind"] == "time" and report["users_measured"] > 20
    assert {row["recommender"] for row in report["rows"]} == {"content", "popular", "random order"}
    assert set(report["encoders"]) == {"text", "image", "audio"}
    assert all(row["ci95"]["cold alone"]["ndcg@5"] for row in report["rows"])
    run = str(save_run(demo_run, str(tmp_path / "run"), store=store))
    assert main(["evaluate", run, *asked]) == 0
    assert json.loads(capsys.readouterr().out)["encoders"]["aligner"] == "bridge"
    assert main(["evaluate", run, "--interactions", "x.csv"]) == 2
    assert main(["evaluate", folder, "--recommenders", "content", "--param", "ease.x=1"]) == 2
    assert main(["evaluate", folder, "--recommenders", "content", "--split", "random", "-k", "0"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.strip().splitlines()) == 3


def test_films_without_pictures_need_no_aligner(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pd.DataFrame({"id": ITEMS, "text": [f"film {n} of {1990 + n}" for n in range(24)]}).to_csv(
        tmp_path / "films.csv", index=False
    )
    rows = {"user_id": rng.integers(0, 8, 90), "item_id": rng.choice(ITEMS, 90)}
    pd.DataFrame(rows).to_csv(tmp_path / "met.csv", index=False)
    asked = ["evaluate", str(tmp_path / "films.csv"), "--recommenders", "content"]
    assert main([*asked, "--interactions", str(tmp_path / "met.csv"), "--encoder", "text=bag-of-words"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("random 20% of all user-item pairs") and len(shown) == 4
    assert main(asked) == 2 and "has no interactions" in capsys.readouterr().err
