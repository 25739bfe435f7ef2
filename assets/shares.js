// Draws the shares of one score. All text goes in as text, never as HTML.
const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
};
// Enough places after the point that the largest value shows two figures.
const decimals = (scale) => Math.min(5, Math.max(2, 1 - Math.floor(Math.log10(scale || 1))));
// What rounds to nothing has no sign.
const signed = (value, places) => {
  const digits = Math.abs(value).toFixed(places);
  return Number(digits) === 0 ? digits : (value < 0 ? "−" : "+") + digits;
};

function name(row) {
  const box = make("div", "name");
  box.title = row.label;
  if (row.image) {
    const image = make("img");
    image.src = row.image;
    image.alt = "";
    box.append(image);
  } else {
    box.append(make("i"));
  }
  box.append(make("span", "", row.label));
  return box;
}

function line(row, low, high) {
  const box = make("div", "line");
  const whole = high - low || 1;
  const part = make("div", row.value < 0 ? "part less" : "part");
  const [from, to] = row.value < 0 ? [row.value, 0] : [0, row.value];
  part.style.left = `${((from - low) / whole) * 100}%`;
  part.style.width = `${((to - from) / whole) * 100}%`;
  box.append(part);
  if (low < 0) {
    const zero = make("div", "zero");
    zero.style.left = `${(-low / whole) * 100}%`;
    box.append(zero);
  }
  return box;
}

function rank(row, now) {
  const box = make("div", "rank", row.rank === null ? "" : `#${row.rank.toLocaleString("en")}`);
  if (row.rank !== null && row.rank !== now) box.classList.add("moved");
  return box;
}

export default function (component) {
  const { data, parentElement } = component;
  const grid = parentElement.querySelector(".shares");
  if (!grid) return;
  const values = data.rows.map((row) => row.value);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const places = decimals(Math.max(...values.map(Math.abs), 0));
  const ranked = data.rows.some((row) => row.rank !== null);
  const cells = [make("div", "head", data.heading), make("div", "head"), make("div", "head end", data.words.adds)];
  cells.push(make("div", "head end", ranked ? data.words.without : ""));
  for (const row of data.rows) {
    const parts = [name(row), line(row, low, high), make("div", "number", signed(row.value, places)), rank(row, data.now)];
    parts.forEach((part) => part.style.setProperty("--tint", row.colour));
    cells.push(...parts);
  }
  cells.push(make("div", "total"), make("div", "sum", data.words.score), make("div"), make("div", "number sum", signed(data.score, places)));
  cells.push(make("div", "rank sum", `#${data.now.toLocaleString("en")}`));
  grid.replaceChildren(...cells);
}
