// Draws one page of the judged queries as a list box. It reports the triggers "picked" (a query), "marked" (a query and
// a kind of mark), "turned" (the place of a row on another page) and "undone". All text goes in as text, never as HTML.
const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
};

const REST = 300; // milliseconds: a row that is reached sooner after the one before opens only when rested on that long

function picture(row, tints) {
  const frame = make("div", "thumb");
  frame.style.setProperty("--tint", tints[row.modality] ?? "#8A94A3");
  if (row.image) {
    const image = make("img", row.look);
    image.src = row.image;
    image.alt = "";
    frame.append(image);
  } else {
    frame.append(make("span", "kind", row.modality.slice(0, 1).toUpperCase()));
  }
  return frame;
}

function option(row, place, list) {
  const element = make("div", "row");
  element.id = `query-${place}`;
  element.setAttribute("role", "option");
  const body = make("div", "body");
  body.append(make("div", "label", row.label));
  const facts = make("div", "facts");
  facts.append(make("span", row.correct ? "right" : "wrong", row.verdict));
  facts.append(make("span", "rank", row.rank));
  for (const fact of row.facts) facts.append(make("span", "", fact));
  const chips = make("div", "chips");
  for (const cause of row.causes) chips.append(make("span", "chip", cause));
  for (const mark of row.marks) chips.append(make("span", "chip mark", `⚑ ${mark}`));
  body.append(facts);
  if (chips.children.length) body.append(chips);
  element.append(picture(row, list.tints), body);
  element.title = row.label;
  element.onclick = () => {
    list.move(place);
    list.open();
  };
  return element;
}

function activate(list, place) {
  list.active = place;
  [...list.children].forEach((element, at) => element.classList.toggle("active", at === place));
  const element = list.children[place];
  if (!element) return list.removeAttribute("aria-activedescendant");
  list.setAttribute("aria-activedescendant", element.id);
  const above = element.offsetTop - list.scrollTop; // scrollIntoView would also scroll the page
  if (above < 0) list.scrollTop = element.offsetTop;
  else if (above + element.offsetHeight > list.clientHeight)
    list.scrollTop = element.offsetTop + element.offsetHeight - list.clientHeight;
}

function steps(list, key) {
  const last = list.rows.length - 1;
  const moves = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -last - 1, End: last + 1 };
  return moves[key];
}

function step(list, by) {
  const last = list.rows.length - 1;
  const wanted = list.active + by;
  if (wanted > last && list.active === last && list.start + last + 1 < list.total) list.turn(list.start + last + 1);
  else if (wanted < 0 && list.active === 0 && list.start > 0) list.turn(list.start - 1);
  else list.move(Math.max(0, Math.min(last, wanted)));
}

// Whether the key is ours. `here`: whether the list has the focus.
function press(list, event, here) {
  if (event.ctrlKey || event.metaKey || event.altKey || !list.rows.length) return false;
  const by = steps(list, event.key);
  if (by !== undefined && (here || event.key === "j" || event.key === "k")) {
    step(list, by);
    if (!here) list.focus({ preventScroll: true });
    return true;
  }
  const kind = list.kinds.find((one) => one.key === event.key);
  if (here && kind) list.mark(kind.kind);
  else if (here && event.key === "u") list.undo();
  else if (here && (event.key === "Enter" || event.key === " ")) list.open();
  else return false;
  return true;
}

const typing = (target) => target?.closest?.("input, textarea, select, [contenteditable], [role=combobox], [role=dialog]");

function pager(parent, list) {
  const [back, on] = parent.querySelectorAll(".pager button");
  const last = list.start + list.rows.length;
  parent.querySelector(".where").textContent = list.where;
  back.setAttribute("aria-label", list.called.back);
  on.setAttribute("aria-label", list.called.on);
  list.setAttribute("aria-label", list.called.list);
  back.disabled = list.start === 0;
  on.disabled = last >= list.total;
  back.onclick = () => list.turn(list.start - 1);
  on.onclick = () => list.turn(last);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const list = parentElement.querySelector(".list");
  if (!list) return;
  const drawn = JSON.stringify(data.rows);
  Object.assign(list, { rows: data.rows, start: data.start, total: data.total, where: data.where, called: data.called, kinds: data.kinds, tints: data.tints });
  list.open = () => {
    clearTimeout(list.resting);
    list.resting = 0;
    const row = list.rows[list.active];
    if (row && row.query !== list.opened) setTriggerValue("picked", row.query);
  };
  list.move = (place) => {
    const held = performance.now() - (list.moved ?? -REST) < REST; // a held key passes many rows
    list.moved = performance.now();
    activate(list, place);
    clearTimeout(list.resting);
    if (held) list.resting = setTimeout(list.open, REST);
    else list.open();
  };
  list.mark = (kind) => {
    clearTimeout(list.resting);
    list.resting = 0;
    setTriggerValue("marked", { query: list.rows[list.active].query, kind });
  };
  list.turn = (place) => setTriggerValue("turned", place);
  list.undo = () => setTriggerValue("undone", true);
  list.onkeydown = (event) => {
    if (!press(list, event, true)) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own keys for marks would mark a second time
  };
  if (list.drawn !== drawn) {
    list.drawn = drawn;
    const kept = list.scrollTop;
    list.replaceChildren(...data.rows.map((row, place) => option(row, place, list)));
    list.scrollTop = kept;
    if (!list.resting) list.active = -1;
  }
  const opened = data.rows.findIndex((row) => row.query === data.opened);
  [...list.children].forEach((element, at) => element.setAttribute("aria-selected", String(at === opened)));
  if (list.opened !== data.opened || list.active < 0 || list.active >= data.rows.length) {
    if (!list.resting) activate(list, Math.max(0, opened));
  }
  list.opened = data.opened;
  pager(parentElement, list);
  const anywhere = (event) => {
    const target = event.composedPath()[0];
    if (event.defaultPrevented || typing(target) || event.composedPath().includes(list)) return;
    if (press(list, event, false)) event.preventDefault();
  };
  document.addEventListener("keydown", anywhere);
  return () => document.removeEventListener("keydown", anywhere);
}
