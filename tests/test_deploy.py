"""What docker/ names is there: files, commands with their options, settings, volumes, and users without rights."""

import argparse
import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmalign_core.commands import COMMANDS, dashboard

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"


def settings() -> set[str]:
    """The environment variables that the settings read."""
    text = (ROOT / "mmalign_core" / "settings.py").read_text(encoding="utf-8")
    return {f"MMALIGN_{name}" for name in re.findall(r'_number\("(\w+)"', text)} | set(re.findall(r"MMALIGN_\w+", text))


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, in order."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines) if name]


def check_command(words: list[str]) -> argparse.Namespace:
    """The options of `mmalign dashboard …`, as its own parser reads them."""
    assert Path(words[0]).name == "mmalign" and COMMANDS[words[1]] is dashboard
    parser = argparse.ArgumentParser(exit_on_error=False)
    dashboard.add_arguments(parser)
    return parser.parse_args(words[2:])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))


def test_the_image_copies_what_is_there_and_lets_it_through() -> None:
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word for name, rest in instructions() if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    ]
    assert {"app.py", "pages", "mmalign_core", "requirements.txt"} <= set(copied)
    assert all((ROOT / word).exists() and f"!{word}" in allowed for word in copied)
    # The wheel is built from these, and from nothing else of the repository.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'^"([\w./]+)" = "mmalign_core/_dashboard', project, re.M)
    assert len(needed) >= 4 and {*needed, "README.md", "LICENSE", "pyproject.toml"} <= set(copied)
    (extras,) = re.findall(r'"\.\[([\w,]+)\]"', next(rest for name, rest in instructions() if "install --no" in rest))
    assert all(re.search(rf"^{extra} = \[", project, re.M) for extra in extras.split(","))


def test_the_image_runs_the_dashboard_as_a_user_without_rights() -> None:
    found = instructions()
    names = [name for name, _ in found]
    assert names.index("USER") < names.index("CMD") and dict(found)["USER"] == "mmalign"
    assert "HEALTHCHECK" in names and "_stcore/health" in dict(found)["HEALTHCHECK"]
    command = check_command(yaml.safe_load(dict(found)["CMD"]))
    assert command.address == "0.0.0.0" and f"{command.port}" == dict(found)["EXPOSE"] and command.no_browser
    named = set(re.findall(r"MMALIGN_\w+", dict(found)["ENV"]))
    assert named == {"MMALIGN_HOME", "MMALIGN_DATA_ROOTS"} and named <= settings()
    assert any("libgomp1" in rest for name, rest in found if name == "RUN")  # implicit's wheel does not bring it
    assert dict(found)["VOLUME"] in dict(found)["ENV"]


def test_compose_names_what_is_there(compose: dict[str, Any]) -> None:
    shown = compose["services"]["dashboard"]
    assert (DOCKER / shown["build"]["context"] / shown["build"]["dockerfile"]).is_file()
    command = check_command(shown["command"])
    assert command.no_browser and command.host[0].startswith("${MMALIGN_HOST:?")
    assert set(shown["environment"]) <= settings()
    assert "ports" not in shown and shown["expose"] == [f"{command.port}"]
    proxy = compose["services"]["proxy"]
    assert proxy["depends_on"]["dashboard"]["condition"] == "service_healthy"
    named = {volume.split(":")[0] for one in (shown, proxy) for volume in one["volumes"] if volume[0] not in "./$"}
    assert named == set(compose["volumes"])
    (config,) = [volume.split(":")[0] for volume in proxy["volumes"] if volume.startswith("./")]
    caddy = (DOCKER / config).read_text(encoding="utf-8")
    assert f"dashboard:{command.port}" in caddy and "{$MMALIGN_HOST}" in caddy
    assert {secret["source"] for secret in shown["secrets"]} == set(compose["secrets"])
    assert shown["secrets"][0]["target"].endswith("/.streamlit/secrets.toml")


def test_only_the_folder_for_others_is_opened(compose: dict[str, Any]) -> None:
    shown = compose["services"]["dashboard"]
    (data,) = [volume for volume in shown["volumes"] if volume.startswith("${MMALIGN_DATA")]
    assert data.endswith(f":{shown['environment']['MMALIGN_DATA_ROOTS']}:ro")
    assert not (DOCKER / "secrets.toml").exists() and "docker/secrets.toml" in (ROOT / ".gitignore").read_text()


def test_the_unit_starts_the_dashboard_on_this_machine_alone() -> None:
    text = (DOCKER / "mmalign.service").read_text(encoding="utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]  # systemd's names have capitals
    unit.read_string(text)
    command = check_command(shlex.split(unit["Service"]["ExecStart"]))
    assert command.address == "127.0.0.1" and command.no_browser and command.host
    assert set(re.findall(r"^Environment=(MMALIGN_\w+)=", text, re.M)) <= settings()
    assert unit["Service"]["User"] != "root" and unit["Service"]["NoNewPrivileges"] == "true"
    home = re.search(r"^Environment=MMALIGN_HOME=(.*)$", text, re.M)
    assert home is not None and home[1].startswith(f"/var/lib/{unit['Service']['StateDirectory']}")


def test_the_page_names_every_file() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert {path.name for path in DOCKER.iterdir()} - {"Dockerfile.dockerignore"} <= set(
        re.findall(r"docker/([\w.]+)`", page)
    )
