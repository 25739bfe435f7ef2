"""Members that other packages add through entry points, in a process that has such packages on its path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPIN = '''
"""An aligner of a package of its own."""
import numpy as np

from mmalign_core.aligners import Aligner
from mmalign_core.params import param


class Spin(Aligner):
    """Turns every row by some quarter turns.

    More about it.
    """

    needs_pairs = False
    family_name = "turning"
    quarters: int = param(1, 0, 3, help="how many quarter turns")

    def _fit(self, sets, seed, progress):
        self._turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), self.quarters)

    def _transform(self, embeddings):
        return (embeddings.vectors @ self._turn).astype(np.float32)

    def _state(self):
        return {"turn": self._turn}

    def _load_state(self, state):
        self._turn = state["turn"]
'''
LONGEST = '''
from mmalign_core.workflow.menus.catalogue import KINDS

MATCHERS = KINDS["matchers"]


@MATCHERS.register("longest")
class Longest(MATCHERS.get("argmax")):
    """As argmax, under a name of its own."""
'''
USE = """
import json
from mmalign_core.aligners import ALIGNERS
from mmalign_core.workflow import catalogue
spin = ALIGNERS.create("spin", quarters=2).fit([[[1.0, 2.0]], [[3.0, 4.0]]])
rows = {kind: {row["name"]: row for row in catalogue(kind)} for kind in ("aligners", "matchers", "encoders")}
print(json.dumps({"placed": spin.transform([[[1.0, 2.0]]])[0].tolist(),
                  "spin": rows["aligners"]["spin"], "names": {kind: sorted(found) for kind, found in rows.items()}}))
"""


def installed(folder: Path, package: str, points: str, **modules: str) -> None:
    """A package as pip leaves it: modules, and a dist-info folder with its entry points."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    info.joinpath("entry_points.txt").write_text(points)


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What a process prints that has one sound and one broken package on its path."""
    folder = tmp_path_factory.mktemp("site")
    sound = "[mmalign.aligners]\nspin = acme_spin:Spin\n\n[mmalign.matchers]\nlongest = acme_longest\n"
    installed(folder, "acme_parts", sound, acme_spin=SPIN, acme_longest=LONGEST)
    broken = (
        "[mmalign.aligners]\ngone = wreck_gone:Gone\nhalf = wreck:Half\ncca = wreck:Cca\n\n"
        "[mmalign.encoders]\nnothing = wreck:Nothing\n"
    )
    wreck = (
        "from acme_spin import Spin\nfrom mmalign_core.aligners import Aligner\n\nclass Half(Aligner):\n    pass\n\n"
        "class Cca(Spin):\n    pass\n\nclass Nothing:\n    pass\n"
    )
    installed(folder, "wreck", broken, wreck_gone="import no_such_module", wreck=wreck)
    return python(folder, USE)


def test_members_of_other_packages_are_listed_and_work(used: subprocess.CompletedProcess[str]) -> None:
    shown = json.loads(used.stdout)
    assert shown["placed"] == [[-1.0, -2.0]]
    assert shown["spin"]["family"] == "turning" and shown["spin"]["summary"] == "Turns every row by some quarter turns."
    assert [p["name"] for p in shown["spin"]["params"]] == ["quarters"]
    assert "longest" in shown["names"]["matchers"] and "yamnet" in shown["names"]["encoders"]
    assert {"cca", "as-is"} <= set(shown["names"]["aligners"])


def test_a_broken_package_is_one_line_that_names_it_and_takes_nothing_away(
    used: subprocess.CompletedProcess[str],
) -> None:
    names = json.loads(used.stdout)["names"]
    assert "half" not in names["aligners"] and "nothing" not in names["encoders"]
    lines = dict(line.split(" of wreck 1.2 is left out ") for line in used.stderr.strip().splitlines())
    assert set(lines) == {"aligner 'gone'", "aligner 'half'", "aligner 'cca'", "encoder 'nothing'"}
    assert "No module named 'no_such_module'" in lines["aligner 'gone'"]
    assert "class Half lacks _fit" in lines["aligner 'half'"]
    assert "two aligners are called 'cca'" in lines["aligner 'cca'"]
    assert "class Nothing does not derive from mmalign_core.encoders.base.Encoder" in lines["encoder 'nothing'"]


def test_a_package_that_registers_a_name_first_is_told_of_the_clash(tmp_path: Path) -> None:
    code = (
        "from acme_spin import Spin\nfrom mmalign_core.aligners import register\n"
        "try:\n    register('cca')(Spin)\nexcept ValueError as error:\n    print(error)\n"
    )
    installed(tmp_path, "acme_parts", "", acme_spin=SPIN)
    shown = python(tmp_path, code).stdout
    assert "Cca and Spin (in mmalign_core.aligners.embedding.cca and acme_spin)" in shown
