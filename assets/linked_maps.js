// Rings the item under the pointer in every panel of a plotly chart. `data.chart`: the chart's selector.
const RING = 22; // pixels

function places(chart, item) {
  const found = [];
  for (const trace of chart._fullData ?? []) {
    if (!trace.customdata) continue;
    const x = chart._fullLayout[trace.xaxis.replace("x", "xaxis")];
    const y = chart._fullLayout[trace.yaxis.replace("y", "yaxis")];
    for (let row = 0; row < trace.customdata.length; row += 1) {
      if (trace.customdata[row][0] !== item) continue;
      const [left, top] = [x.d2p(trace.x[row]), y.d2p(trace.y[row])];
      if (left < 0 || top < 0 || left > x._length || top > y._length) continue; // outside the zoomed panel
      found.push([x._offset + left, y._offset + top]);
    }
  }
  return found;
}

function clear(chart) {
  for (const ring of chart.querySelectorAll(".mmalign-ring")) ring.remove();
}

function draw(chart, item) {
  clear(chart);
  const frame = chart.querySelector(".svg-container");
  for (const [left, top] of places(chart, item)) {
    const ring = document.createElement("div");
    ring.className = "mmalign-ring";
    ring.dataset.item = item;
    Object.assign(ring.style, {
      position: "absolute",
      left: `${left - RING / 2}px`,
      top: `${top - RING / 2}px`,
      width: `${RING}px`,
      height: `${RING}px`,
      border: "3px solid #7068EA",
      borderRadius: "50%",
      boxSizing: "border-box",
      pointerEvents: "none",
    });
    frame.append(ring);
  }
}

function attach(selector) {
  const chart = document.querySelector(selector);
  if (!chart?.on || chart.mmalignLinked) return;
  chart.mmalignLinked = true;
  chart.on("plotly_hover", (event) => {
    const item = event.points[0]?.customdata?.[0];
    if (item !== undefined) draw(chart, item);
  });
  chart.on("plotly_unhover", () => clear(chart));
  chart.on("plotly_relayout", () => clear(chart));
}

export default function (component) {
  const { selector } = { selector: component.data.chart };
  attach(selector);
  const timer = setInterval(() => attach(selector), 400); // the chart may be drawn after this, or drawn anew
  return () => clearInterval(timer);
}
