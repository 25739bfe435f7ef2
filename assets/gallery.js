// Draws cards from `data` and reports a click on one as the trigger "picked". All text goes in as text, never as HTML.
const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
};

const OTHER = "#8E6FE0"; // bars that belong to no modality
const LONG = 7; // letters of a bar's name beyond which it gets a line of its own

const WAVE = [3, 7, 12, 6, 15, 20, 11, 17, 8, 13, 5, 9, 4];

function wave() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 65 24");
  svg.setAttribute("class", "wave");
  WAVE.forEach((height, place) => {
    const bar = document.createElementNS(space, "rect");
    const at = { x: place * 5 + 1, y: 12 - height / 2, width: 3, height, rx: 1.5, fill: "currentColor" };
    Object.entries(at).forEach(([name, value]) => bar.setAttribute(name, value));
    svg.append(bar);
  });
  return svg;
}

function picture(card, tints) {
  const frame = make("div", "picture");
  if (card.image) {
    const image = make("img", card.look);
    image.src = card.image;
    image.alt = card.title;
    image.loading = "lazy";
    frame.append(image);
  } else if (card.quote) {
    frame.append(make("div", "quote", card.quote));
  } else if (card.modalities?.includes("audio")) {
    frame.style.setProperty("--tint", tints.audio);
    frame.append(wave());
  } else {
    frame.append(make("div", "quote", "no preview"));
  }
  if (card.rank) frame.append(make("span", "rank", card.rank));
  if (card.tag) {
    const tag = make("span", "tag", card.tag);
    tag.style.setProperty("--tag", card.tagColour);
    frame.append(tag);
  }
  return frame;
}

function tiles(card) {
  const row = make("div", "tiles");
  for (const tile of card.tiles) {
    const box = make("div", "tile");
    const caption = make("div", "caption", tile.caption);
    caption.style.setProperty("--tint", tile.colour);
    const frame = make("div", "picture");
    if (tile.image) {
      const image = make("img", tile.look);
      image.src = tile.image;
      image.alt = tile.quote;
      frame.append(image);
    } else {
      frame.append(make("div", "quote", tile.quote));
    }
    box.append(caption, frame);
    box.title = tile.quote;
    row.append(box);
  }
  return row;
}

// Enough places after the point that the largest value shows two figures.
const decimals = (scale) => Math.min(5, Math.max(2, 1 - Math.floor(Math.log10(scale || 1))));

function bars(card, tints) {
  const long = card.stacked || card.bars.some(([name]) => name.length > LONG);
  const box = make("div", long ? "bars long" : "bars");
  for (const [name, value] of card.bars) {
    const row = make("div", "bar");
    const track = make("div", "track");
    const fill = make("div", "fill");
    const share = Math.min(1, Math.abs(value) / card.scale) * 100;
    fill.style.setProperty("--tint", tints[name] ?? OTHER);
    fill.style.width = `${share}%`;
    fill.style.opacity = value < 0 ? 0.45 : 1;
    track.append(fill);
    const label = make("span", "label", name);
    label.title = name;
    const digits = Math.abs(value).toFixed(decimals(card.scale));
    const number = make("span", "value", value < 0 && Number(digits) > 0 ? `−${digits}` : digits);
    row.append(label, ...(long ? [number, track] : [track, number]));
    box.append(row);
  }
  return box;
}

// Without a picture the frame quotes the text, which is the title too: it is not said twice.
const quotesTitle = (card) => !card.image && !card.tiles && card.quote === card.title;

function body(card, tints, titled) {
  const box = make("div", "body");
  if (titled) box.append(make("div", "title", card.title));
  if (card.change) box.append(make("div", "change", card.change));
  if (card.note) box.append(make("div", "note", card.note));
  if (card.bars?.length) box.append(bars(card, tints));
  if (card.audio) {
    const player = make("audio");
    player.setAttribute("controlslist", "nodownload noplaybackrate");  // its menu does not fit a card
    player.controls = true;
    player.preload = "none";
    player.src = card.audio;
    player.onclick = (event) => event.stopPropagation();
    box.append(player);
  }
  if (card.modalities?.length) {
    const dots = make("div", "dots");
    for (const name of card.modalities) {
      const dot = make("span", `dot ${name}`);
      dot.title = name;
      dot.style.setProperty("--tint", tints[name] ?? "#8A94A3");
      dots.append(dot);
    }
    box.append(dots);
  }
  return box;
}

function draw(card, data, grid) {
  const element = make("div", `card${data.clickable ? "" : " static"}`);
  element.append(card.tiles ? tiles(card) : picture(card, data.tints), body(card, data.tints, data.plain || !quotesTitle(card)));
  element.title = card.title;
  element.dataset.id = card.id;
  if (data.clickable) {
    element.tabIndex = 0;
    element.setAttribute("role", "button");
    element.onclick = () => grid.pick(card.id);
    element.onkeydown = (event) => {
      if (event.target === element && event.key === "Enter") grid.pick(card.id);
    };
  }
  return element;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const grid = parentElement.querySelector(".grid");
  if (!grid) return;
  grid.style.setProperty("--card", `${data.width}px`);
  grid.style.setProperty("--most", data.most);
  grid.pick = (id) => setTriggerValue("picked", id);
  const titleOnly = (card) => !card.image && !card.tiles && (card.quote ?? card.title) === card.title;
  data.plain = data.cards.every(titleOnly);
  grid.classList.toggle("plain", data.plain); // no picture: the title is enough
  grid.classList.toggle("listed", Boolean(data.listed));
  const drawn = JSON.stringify(data.cards);
  if (grid.drawn !== drawn) {
    grid.drawn = drawn; // drawing the same cards again would stop a playing sound and flash the pictures
    grid.replaceChildren(...data.cards.map((card) => draw(card, data, grid)));
  }
  for (const element of grid.children) element.classList.toggle("selected", element.dataset.id === data.selected);
}
