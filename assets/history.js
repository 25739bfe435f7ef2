// Keeps one entry of the browser's history for each view, so that one step back leads to the view before.
//
// Streamlit adds several: it opens a page without parameters and then adds those of the view one after the other, or it
// changes the parameters of the page that is left and then opens the next page. Here the later ones replace the earlier:
// what comes without a click or a key in between belongs to one step.
const whole = (url) => new URL(url ?? location.href, location.href);
const path = (url) => url.pathname.replace(/\/$/, "");

// `last`: the href of the last entry, null once a person has done something.
function replaces(last, now, next) {
  const one = last === now.href;
  if (path(next) !== path(now)) return one && next.search === now.search;
  return one || (!now.search && next.search !== "");
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
    last = next.href;
  };
  const forget = () => {
    last = null;
  };
  for (const kind of ["pointerdown", "keydown", "popstate"]) window.addEventListener(kind, forget, true);
}
