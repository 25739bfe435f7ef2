// The element of one or two maps: legend, tools, drawings, and what is said to a screen reader.
import { fetchBytes } from "./bytes.js";
import { inks, palette, wordOf } from "./colours.js";
import { drawImage } from "./images.js";
import { HELP } from "./keyboard.js";
import { Legend } from "./legend.js";
import { Move } from "./move.js";
import { Panel } from "./panel.js";
import { Plain } from "./plain.js";
import { Tools } from "./tools.js";

const STAGE = `<h4 class="title"></h4>
<div class="stage" role="application" tabindex="0">
<canvas class="points" aria-hidden="true"></canvas><canvas class="marks" aria-hidden="true"></canvas>
<div class="pictures" aria-hidden="true"></div><div class="names"></div><div class="hover" aria-hidden="true" hidden></div></div>`;
const FRAME = `<div class="bar"><div class="legend" role="group" aria-label="Groups"></div>
<div class="tools" role="toolbar" aria-label="Tools of the map"></div></div>
<div class="panels"></div>
<p class="unseen" id="help"></p><p class="unseen" role="status"></p><p class="fault" role="alert" hidden></p>`;

export class Host {
  panels = [];
  turn = 0;

  // kept: what outlives the element, which the page makes anew when something above it appears.
  constructor(root, name, kept) {
    Object.assign(this, { root, name, kept });
    root.innerHTML = FRAME;
    const find = (what) => root.querySelector(what);
    find("#help").textContent = HELP;
    this.inks = inks(root);
    this.legend = new Legend(find(".legend"), (words) => this.#recolour(words));
    Object.assign(this.legend, kept.legend);
    this.tools = new Tools(find(".tools"), (act) => this.#act(act), (tool) => this.#choose(tool), kept.tool);
    this.status = find('[role="status"]');
    this.plain = new Plain(this);
  }

  #choose(tool) {
    this.kept.tool = tool;
    this.#each((panel) => (panel.selection.tool = tool));
  }

  #each(act) {
    for (const panel of this.panels) act(panel);
  }

  // Draws what the server sent. send and keep report to it: the trigger and the state of the component.
  async update(data, send, keep) {
    this.turn += 1;
    const { turn } = this;
    Object.assign(this, { data, send, keep });
    Object.assign(this.inks, inks(this.root));
    this.#stages(data.layers);
    this.tools.set({ spatial: data.layers[0].axes === 3, linked: data.layers.length > 1 });
    try {
      await Promise.all(this.panels.map((panel, at) => panel.setLayer(data.layers[at])));
      await Promise.all(this.panels.map((panel, at) => panel.setCodes(data.layers[at].codes)));
      const chosen = await Promise.all(data.layers.map(chosenPoints));
      if (turn !== this.turn) return;
      this.fault("");
      this.legend.set({ ...data.colours });
      this.#recolour();
      this.panels.forEach((panel, at) => this.#mark(panel, data.layers[at], chosen[at]));
    } catch (reason) {
      this.fault(reason.message);
    }
    this.plain.update(data.layers);
    if (data.said && data.said !== this.told) this.say(data.said);
    this.told = data.said;
  }

  #stages(layers) {
    const field = this.root.querySelector(".panels");
    if (this.panels.length !== layers.length) {
      this.#each((panel) => panel.end());
      const stages = layers.map(() => Object.assign(document.createElement("div"), { className: "panel", innerHTML: STAGE }));
      field.replaceChildren(...stages);
      this.panels = stages.map((stage, at) => new Panel(stage.querySelector(".stage"), this, at));
      this.move = layers.length > 1 ? new Move(this.panels) : null;
    }
    layers.forEach((layer, at) => {
      const { stage } = this.panels[at];
      stage.style.height = `${layer.height}px`;
      stage.setAttribute("aria-label", layer.title ? `${this.data.alt}: ${layer.title}` : this.data.alt);
      stage.setAttribute("aria-describedby", "help");
      stage.previousElementSibling.textContent = layer.title;
      stage.previousElementSibling.hidden = !layer.title;
    });
  }

  #mark(panel, layer, chosen) {
    if (!panel.gl) return;
    Object.assign(panel.marks, { links: layer.links, focus: layer.focus });
    panel.marks.query = layer.query && { at: shares(layer, layer.query.at), answers: layer.query.answers };
    panel.labels.set(layer.labels.map(([text, size, level, ...at]) => ({ text, size, level, at: shares(layer, at) })));
    const drawn = JSON.stringify([layer.places, layer.codes, layer.chosen, this.inks, this.painted]);
    if (panel.ready && drawn === panel.painted) {
      panel.marked(); // a click changes what lies over the points alone
      return;
    }
    panel.painted = drawn;
    panel.buffers.setChosen(chosen);
    panel.begin();
  }

  #recolour(words = "") {
    this.kept.legend = { pressed: this.legend.pressed, key: this.legend.key };
    const colours = palette(this.data.colours, (code) => this.legend.shows(code));
    const painted = colours.join();
    this.#each((panel) => {
      if (panel.palette && painted === this.painted) return;
      panel.setPalette(colours);
      if (panel.ready) panel.frames.request();
    });
    this.painted = painted;
    if (words) this.say(words);
  }

  #act(name) {
    if (name === "move") this.move.toggle();
    else {
      this.#each(({ camera }) => {
        if (name === "all") camera?.reset();
        else camera?.zoomBy(name === "nearer" ? 1.5 : 1 / 1.5);
      });
      this.#each((panel) => panel.moved());
    }
  }

  groupOf(code) {
    return wordOf(this.data.colours, code);
  }

  ask(panel, points) {
    this.onAsk?.({ layer: panel.number, revision: panel.layer.revision, points });
  }

  answer({ layer, revision, rows }) {
    const panel = this.panels[layer];
    if (panel?.layer?.revision !== revision) return;
    panel.asks.answer(rows);
    if (this.aloud && panel.asks.known.has(this.aloud[1])) this.#tell(...this.aloud);
  }

  pointed(panel, point) {
    this.send("pointed", { layer: panel.number, revision: panel.layer.revision, point });
  }

  outlined(panel, found) {
    this.say("Selecting…");
    this.send("outlined", { layer: panel.number, revision: panel.layer.revision, ...found });
  }

  // The point under the pointer is ringed on the other map too, if it lies there: shared points come first on both.
  pointsAt(panel, point, aloud) {
    this.aloud = null;
    if (aloud) this.#tell(panel, point);
    const other = this.panels[1 - panel.number];
    if (!other?.ready) return;
    other.marks.hovered = point !== null && point < this.data.shared ? [point] : [];
    other.marked();
  }

  #tell(panel, point) {
    const found = panel.asks.known.get(point);
    this.aloud = found ? null : [panel, point];
    if (found) this.say(`${found.label}, ${panel.facts(point)}`);
    else panel.asks.want([point]);
  }

  say(words) {
    this.status.textContent = words;
  }

  fault(words) {
    const alert = this.root.querySelector(".fault");
    alert.textContent = words;
    alert.hidden = !words;
  }

  // WebGL is missing or was lost: the server draws a picture in its place.
  failed() {
    this.keep?.("picture", true);
    this.lost = true;
  }

  // The maps as they are seen, with legend and caption, as an address of PNG or SVG.
  image(format, caption) {
    if (!this.panels.every((panel) => panel.ready)) throw new Error("The map is not drawn yet. Try again when it is.");
    return drawImage(this.root, this.panels, this.data.colours, caption, this.inks, format);
  }

  end() {
    this.#each((panel) => panel.end());
  }
}

async function chosenPoints({ chosen }) {
  return Array.isArray(chosen) ? new Uint32Array(chosen) : new Uint32Array(await fetchBytes(chosen.address));
}

const shares = ({ low, span }, place) => place.map((part, axis) => (part - low[axis]) / span[axis]);
