// Writes the maps as they are seen into an SVG: the points as a picture, titles, legend and caption as text. PNG is
// drawn from it.
const FONT = "Arial, Helvetica, sans-serif"; // an image file knows the fonts of its viewer's machine alone
const TEXT = 12; // pixels
const LINE = 1.4 * TEXT;
const LETTER = 0.56 * TEXT; // mean width of a letter of a sans-serif font; Chinese ones are twice as wide
const PAD = 10;
const SHARP = 2; // pixels of the PNG for one of the page

const plain = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const wide = (text) => [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) > 0x2e80 ? 2 : 1), 0) * LETTER;

function text(words, x, y, ink, more = "") {
  return `<text x="${x}" y="${y}" fill="${ink}" font-family="${FONT}" font-size="${TEXT}" ${more}>${plain(words)}</text>`;
}

function wrapped(words, width) {
  const lines = [""];
  for (const word of words.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (lines[lines.length - 1] && wide(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

// What one sees of a map: points, marks and small pictures in one bitmap, names of clusters as text.
function panelParts(panel, left, top) {
  const { width, height } = panel.camera;
  const both = document.createElement("canvas");
  Object.assign(both, { width: panel.canvas.width, height: panel.canvas.height });
  const pen = both.getContext("2d");
  pen.drawImage(panel.canvas, 0, 0);
  pen.drawImage(panel.pen.canvas, 0, 0);
  const parts = [`<image x="${left}" y="${top}" width="${width}" height="${height}" href="${both.toDataURL()}"/>`];
  const stage = panel.stage.getBoundingClientRect();
  for (const name of panel.stage.querySelectorAll(".name:not([hidden])")) {
    const box = name.getBoundingClientRect();
    const [x, y] = [left + box.left - stage.left, top + box.top - stage.top];
    parts.push(`<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="5" fill="#1C2430" opacity=".88"/>`);
    parts.push(text(name.textContent, x + 8, y + box.height / 2 + 4, "#F4F5F8", `textLength="${Math.min(wide(name.textContent), box.width - 16)}" lengthAdjust="spacingAndGlyphs"`));
  }
  return parts;
}

function legendParts({ groups, scale }, width, inks) {
  const parts = [];
  let [x, y] = [PAD, PAD + TEXT];
  for (const { name, colour, count } of groups) {
    const words = `${name} ${count.toLocaleString("en")}`;
    if (x > PAD && x + wide(words) + 30 > width) [x, y] = [PAD, y + LINE + 4];
    parts.push(`<circle cx="${x + 5}" cy="${y - 4}" r="5" fill="${colour}"/>`, text(words, x + 15, y, inks.text));
    x += wide(words) + 36;
  }
  if (scale) {
    if (x + wide(scale.title) + 240 > width) [x, y] = [PAD, y + LINE + 4];
    const [from, step] = [x + wide(scale.title) + 12, 220 / scale.colours.length];
    parts.push(text(scale.title, x, y, inks.text));
    scale.colours.forEach((colour, at) => parts.push(`<rect x="${from + at * step}" y="${y - 9}" width="${step + 0.5}" height="9" fill="${colour}"/>`));
    for (const [share, words] of scale.ticks) parts.push(text(words, from + share * 220, y + 13, inks.text, 'text-anchor="middle"'));
    y += 16;
  }
  return [parts, y + PAD];
}

export async function drawImage(root, panels, colours, caption, inks, format) {
  const width = root.clientWidth;
  const [parts, below] = legendParts(colours, width, inks);
  const origin = root.querySelector(".panels").getBoundingClientRect();
  let low = below;
  for (const panel of panels) {
    const box = panel.stage.getBoundingClientRect();
    const [left, top] = [box.left - origin.left, below + box.top - origin.top];
    const title = panel.stage.previousElementSibling.textContent;
    if (title) parts.push(text(title, left, top - 6, inks.text, 'font-weight="600"'));
    parts.push(...panelParts(panel, left, top));
    low = Math.max(low, top + box.height);
  }
  const lines = caption.flatMap((words) => wrapped(words, width - 2 * PAD));
  lines.forEach((words, at) => parts.push(text(words, PAD, low + PAD + TEXT + at * LINE, inks.text)));
  const height = Math.ceil(low + 2 * PAD + lines.length * LINE);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="${width}" height="${height}" fill="${inks.background}"/>${parts.join("")}</svg>`;
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  if (format === "svg") return address;
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: SHARP * width, height: SHARP * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}
