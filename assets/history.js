// Keeps one entry of the browser's history for each view, so that one step back leads to the view before.
//
// Streamlit adds several: it opens a page without parameters and then adds those of the view one after the other, or it
// changes the parameters of the page that is left and then opens the next page. Here the later ones replace the earlier.
const BURST = 100; // milliseconds in which one run changes several parameters, or opens a page; no person is as fast

const whole = (url) => new URL(url ?? location.href, location.href);
const path = (url) => url.pathname.replace(/\/$/, "");

// `last`: href and time of the entry that changed a page's own parameters, if it is the one shown. A person who opens
// another page does so later than a burst, also where Streamlit opens it with the parameters of the page that is left.
function replaces(last, now, next) {
  const burst = last && last.href === now.href && performance.now() - last.at < BURST;
  if (path(next) !== path(now)) return burst && next.search === now.search;
  return burst || (!now.search && next.search !== "");
}

export default function () {
  if (window.history.mmalign) return;
  window.history.mmalign = true;
  const push = window.history.pushState.bind(window.history);
  let last = null;
  window.history.pushState = (state, unused, url) => {
    const now = whole(), next = whole(url);
    if (replaces(last, now, next)) window.history.replaceState(state, unused, url);
    else push(state, unused, url);
    last = path(next) === path(now) ? { href: next.href, at: performance.now() } : null;
  };
  window.addEventListener("popstate", () => {
    last = null;
  });
}
