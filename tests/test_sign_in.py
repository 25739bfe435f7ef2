"""People sign in at a real OpenID Connect server that runs here; what they save is theirs alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.browser import MARKS, Browser, Page, expect, free_port, serve_process, settled

pytest.importorskip("authlib", reason="Authlib is not installed: pip install -e .[auth]")
provider = pytest.importorskip("oidc_provider_mock", reason="no OpenID server: pip install oidc-provider-mock")
pytestmark = MARKS
START = False

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "a secret of this test alone, 32 bytes"
client_id = "mmalign"
client_secret = "no secret"
server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address and the store of a dashboard with a sign-in."""
    home = tmp_path_factory.mktemp("home")
    people = [
        provider.User(sub="ada", claims={"email": "ada@example.org"}),
        provider.User(sub="bob", claims={"email": "<b>bob</b>@example.org"}),
    ]
    with provider.run_server_in_thread(user_claims=people) as server:
        port = free_port()
        (home / "secrets.toml").write_text(SECRETS.format(port=port, provider=server.server_port))
        options = [f"--secrets.files={home / 'secrets.toml'}"]
        with serve_process(home, options=options, port=port) as (address, _):
            yield address, home


def sign_in(chrome: Browser, address: str, who: str, page: str = "data") -> Page:
    """A browser of its own in which this person has signed in."""
    opened = chrome.new_context().new_page()
    opened.set_default_timeout(300_000)
    opened.goto(f"{address}/{page}")
    expect(opened.get_by_role("button", name="Sign in")).to_be_visible(timeout=300_000)
    assert not opened.get_by_test_id("stMetric").count(), "nothing is shown before"
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url("**/oauth2/authorize**")
    opened.locator("input[name=sub]").fill(who)
    opened.get_by_role("button", name="Authorize", exact=True).click()
    opened.wait_for_url(f"{address}/**")
    return opened


def test_saved_runs_belong_to_who_signed_in(chrome: Browser, signed: tuple[str, Path], tmp_path: Path) -> None:
    address, home = signed
    for number, colour in enumerate(("red", "green", "blue", "black", "white", "navy")):
        (tmp_path / f"{number}.txt").write_text(f"a {colour} thing")
        Image.new("RGB", (24, 24), colour).save(tmp_path / f"{number}.png")
    ada = sign_in(chrome, address, "ada")
    expect(ada.get_by_text("ada@example.org")).to_be_visible()
    ada.goto(f"{address}/align?data=folder:{tmp_path}")
    settled(ada)
    ada.locator(".st-key-runs button").first.click()
    ada.get_by_label("Name", exact=True).fill("hers")
    ada.get_by_role("button", name="Keep this run").click()
    expect(ada.get_by_text("Kept. From a terminal")).to_be_visible()
    settled(ada)
    (run,) = home.glob("people/*/runs/hers")
    assert not (home / "runs").exists() and len(run.parents[1].name) == 32, "a digest, no name"

    bob = sign_in(chrome, address, "bob")
    expect(bob.get_by_text("<b>bob</b>@example.org")).to_be_visible()
    for page, there in ((ada, True), (bob, False)):
        page.goto(f"{address}/data?data=run:hers")
        settled(page)
        gone = page.get_by_text("The saved run 'hers' is no longer here")
        expect(page.get_by_test_id("stMetric").first if there else gone.first).to_be_visible()
    bob.get_by_role("button", name="Sign out").click()
    bob.get_by_role("button", name="End session").click()
    expect(bob.get_by_role("button", name="Sign in")).to_be_visible()
    for page in (ada, bob):
        page.context.close()
