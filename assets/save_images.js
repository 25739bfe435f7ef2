// Saves a plotly chart, or a map of points, as PNG or SVG with a caption below it, as it is seen now: its zoom, its theme
// and its width. Plotly draws a copy of the chart; Streamlit's code for charts puts plotly in `window.Plotly`.
// `data`: `chart`, its selector, or `map`, its name; `name` of the file; `caption`, a list of lines.
const TEXT = 12; // pixels: size of the caption's letters
const LINE = 1.3 * TEXT; // pixels: plotly's distance between two lines
const LETTER = 0.56 * TEXT; // pixels: mean width of a letter of a sans-serif font
const PAD = 10; // pixels around the caption
const FONT = "Arial, Helvetica, sans-serif"; // an image file knows the fonts of its viewer's machine alone
const SHARP = 2; // pixels of the PNG for one pixel of the page

// Plotly reads tags and entities in its texts.
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= letters) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

// Sets every font of a layout or trace, so that plotly measures texts in the font that the file will show.
function setFonts(part) {
  if (!part || typeof part !== "object" || ArrayBuffer.isView(part)) return part;
  for (const [name, value] of Object.entries(part)) {
    if (name === "family") part[name] = FONT;
    else setFonts(value);
  }
  return part;
}

function captioned(chart, caption) {
  const { width, height, _size: size } = chart._fullLayout;
  const style = getComputedStyle(document.querySelector(".stApp"));
  const lines = caption.flatMap((text) => wrapped(text, (width - 2 * PAD) / LETTER));
  const room = lines.length * LINE + 2 * PAD;
  const layout = setFonts(structuredClone(chart.layout));
  // The caption stands below everything: the chart grows by its room, and so does the margin below the axes.
  Object.assign(layout, {
    width,
    height: height + room,
    autosize: false,
    paper_bgcolor: style.backgroundColor,
    font: { ...layout.font, family: FONT },
    margin: { ...layout.margin, l: size.l, r: size.r, t: size.t, b: size.b + room },
  });
  layout.annotations = [
    ...(layout.annotations ?? []),
    {
      text: lines.map(plain).join("<br>"),
      font: { size: TEXT, color: style.color },
      align: "left",
      showarrow: false,
      xref: "paper",
      yref: "paper",
      x: 0,
      y: 0,
      xanchor: "left",
      yanchor: "top",
      xshift: PAD - size.l,
      yshift: -size.b - PAD / 2,
    },
  ];
  return { data: setFonts(structuredClone(chart.data)), layout, config: { staticPlot: true } };
}

async function chartImage(data, format) {
  const chart = [...document.querySelectorAll(data.chart)].findLast((one) => one._fullLayout?._size);
  if (!chart) throw new Error("The chart is not drawn yet. Try again when it is.");
  const copy = captioned(chart, data.caption);
  const { width, height } = copy.layout;
  return window.Plotly.toImage(copy, { format, width, height, scale: format === "png" ? SHARP : 1 });
}

async function mapImage(data, format) {
  const map = window.mmalignMaps?.get(data.map);
  if (!map) throw new Error("The map is not drawn yet. Try again when it is.");
  return map.image(format, data.caption);
}

async function save(data, format) {
  const image = await (data.map ? mapImage : chartImage)(data, format);
  const link = document.createElement("a");
  link.href = image;
  link.download = `${data.name}.${format}`;
  link.click();
}

export default function (component) {
  const { data, parentElement } = component;
  const alert = parentElement.querySelector('[role="alert"]');
  for (const button of parentElement.querySelectorAll("button")) {
    button.setAttribute("aria-label", `Save as ${button.dataset.format.toUpperCase()}`);
    button.onclick = async () => {
      alert.textContent = "";
      button.disabled = true;
      try {
        await save(data, button.dataset.format);
      } catch (reason) {
        alert.textContent = reason.message;
      } finally {
        button.disabled = false;
      }
    };
  }
}
