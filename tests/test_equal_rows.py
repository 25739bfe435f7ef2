"""Rows that are all the same tell nothing apart: nothing is measured, and the reason is given."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.commands.line import run_line


@pytest.mark.parametrize("alike", ["image", "text", "both"])
def test_equal_rows_report_no_recall(tmp_path: Path, capsys: pytest.CaptureFixture[str], alike: str) -> None:
    rng = np.random.default_rng(0)
    for modality in ("image", "text"):
        rows = np.ones((24, 4)) if alike in (modality, "both") else rng.normal(size=(24, 4))
        np.save(tmp_path / f"{modality}_vector.npy", rows.astype(np.float32))
    (tmp_path / "ids.txt").write_text("\n".join(map(str, range(24))))
    asked = ["align", str(tmp_path), "--aligner", "as-is", "--store", str(tmp_path / "store")]
    assert run_line([*asked, "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["metrics"] == {} and "are the same, so every candidate" in report["unmeasured"]
    assert run_line(asked) == 0
    shown = capsys.readouterr().out
    assert "1.000" not in shown and f"all rows of {'image' if alike == 'both' else alike} are the same" in shown
