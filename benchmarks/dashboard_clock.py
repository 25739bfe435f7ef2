"""From an action to the settled page, in a browser, and what the server's processor did for it."""

from __future__ import annotations

from collections.abc import Callable
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
    """Milliseconds from the last pointer or key event to the settled page; and of the processors till then.

    `server`: of the server's process. `browser`: of the page's main thread, which draws.
    """

    page: float
    server: float
    browser: float

    @property
    def alone(self) -> float:
        """What both processors worked, one after the other: about what a machine needs that does nothing else."""
        return self.server + self.browser


class Clock:
    """Takes the time of actions on one page."""

    def __init__(self, page: Page, server: psutil.Process) -> None:
        self._page, self._server = page, server
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def taken(self, act: Callable[[Page], None]) -> Taken:
        """Do it and wait for the settled page. TimeoutError of Playwright where nothing runs again."""
        self._page.evaluate(_WATCH)
        before = self._processors()
        act(self._page)
        waited = float(self._page.wait_for_function(_SETTLED, timeout=_PATIENCE_MS, polling=50).json_value())
        server, browser = (after - then for after, then in zip(self._processors(), before))
        return Taken(waited, server, browser)

    def _processors(self) -> tuple[float, float]:
        """Milliseconds of processor time so far: of the server, and of the page's main thread."""
        times = self._server.cpu_times()
        found = {one["name"]: one["value"] for one in self._tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * (times.user + times.system), 1000 * found["TaskDuration"]


def go_back(page: Page) -> None:
    """The browser's back button, which sends no event to the page."""
    page.evaluate("() => { window.acted = performance.now(); history.back(); }")
