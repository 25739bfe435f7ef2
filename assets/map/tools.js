// The buttons above the map: what a drag does, nearer, farther, all of it, and the move between two maps.
const ICONS = {
  pan: "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3",
  lasso: "M12 4c5 0 8 2.5 8 6s-3 6-8 6-8-2.5-8-6 3-6 8-6M8 15.5c-2 1-2 3.5 0 4.5",
  box: "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4",
  nearer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  all: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  move: "M4 12h14M13 7l5 5-5 5",
};
const SVG = "http://www.w3.org/2000/svg";

function icon(name) {
  const [svg, path] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "path")];
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export class Tools {
  // act(name): a press of "nearer", "farther", "all" or "move"; choose(tool): "pan", "lasso" or "box".
  constructor(parent, act, choose, tool = "pan") {
    Object.assign(this, { parent, act, choose, tool });
  }

  set({ spatial, linked }) {
    if (this.drawn === `${spatial} ${linked}`) return;
    this.drawn = `${spatial} ${linked}`;
    const ways = [
      ["pan", spatial ? "Turn the map; Ctrl and drag moves it" : "Move the map"],
      ["lasso", "Lasso: select the items inside a drawn line"],
      ["box", "Box: select the items inside a rectangle"],
    ];
    const acts = [["nearer", "Zoom in"], ["farther", "Zoom out"], ["all", "Show the whole map"]];
    if (linked) acts.push(["move", "Move the left map's points to their places on the right map, and back"]);
    this.ways = ways.map(([name, title]) => this.#button(name, title, () => this.#choose(name)));
    const others = acts.map(([name, title]) => this.#button(name, title, () => this.act(name)));
    this.parent.replaceChildren(...this.ways, document.createElement("i"), ...others);
    this.#choose(this.tool);
  }

  #button(name, title, onPress) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.dataset.tool = name;
    button.append(icon(name));
    button.onclick = onPress;
    return button;
  }

  #choose(tool) {
    this.tool = tool;
    for (const button of this.ways) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.choose(tool);
  }
}
