"""From an action to the settled page, in a browser, and what the server's processor did for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil
from playwright.sync_api import Page

_PATIENCE_MS = 60_000
"""An action that takes longer counts as not answered; our choice: a hundred times the goal."""
_WATCH = """() => {
  window.reran = false;
  if (window.acted !== undefined) return;
  Object.assign(window, {acted: 0, changed: 0});
  const app = document.querySelector('[data-testid="stApp"]');
  const aside = '[data-testid="stHeader"], [data-testid="stStatusWidget"], [data-testid="stToast"]';
  const state = () => { window.reran = true; window.changed = performance.now(); };
  new MutationObserver(state).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
  const drawn = (records) => {
    const own = records.filter(({target}) => !(target.nodeType === 1 ? target : target.parentElement)?.closest(aside));
    if (own.length) window.changed = performance.now();
  };
  new MutationObserver(drawn).observe(app, {subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['class', 'd', 'transform', 'src', 'aria-selected']});
  const act = () => { window.acted = performance.now(); };
  for (const kind of ['pointerup', 'keydown']) document.addEventListener(kind, act, {capture: true});
}"""
"""Notes the last pointer or key event, and the last change of the page."""
_SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const waits = document.querySelector('[data-testid*="Skeleton"], [data-testid="stProgress"]');
  if (waits || !window.reran || app.getAttribute('data-test-script-state') !== 'notRunning') return null;
  return performance.now() - window.changed < 250 ? null : window.changed - window.acted;
}"""
"""A page that has not changed for a quarter of a second is settled; its last change is the end."""


@dataclass(frozen=True)
class Taken:
    """Milliseconds from the last pointer or key event to the settled page; and of the processors till then."""

    page: float
    server: float
    browser: float


def taken(page: Page, server: psutil.Process, act: Callable[[Page], None]) -> Taken:
    """Do it and wait for the settled page. TimeoutError of Playwright where nothing runs again."""
    page.evaluate(_WATCH)
    before = _processor([server]), _processor(_browsers())
    act(page)
    waited = float(page.wait_for_function(_SETTLED, timeout=_PATIENCE_MS, polling=50).json_value())
    return Taken(waited, _processor([server]) - before[0], _processor(_browsers()) - before[1])


def go_back(page: Page) -> None:
    """The browser's back button, which sends no event to the page."""
    page.evaluate("() => { window.acted = performance.now(); history.back(); }")


def _browsers() -> list[psutil.Process]:
    """The processes of the browser that this process started."""
    return [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]


def _processor(processes: list[psutil.Process]) -> float:
    """Milliseconds of processor time of these processes so far; one that has ended counts for nothing."""
    spent = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent += times.user + times.system
    return 1000 * spent
