// Names of clusters over the map: real buttons, placed without overlap, the largest cluster first. Each belongs to a
// level; a level appears as one comes nearer, and takes the place of the one before.
const GAP = 4; // pixels between two names
const MOST = 60; // names on the screen: more hide the points

export class Labels {
  constructor(parent, onPick) {
    Object.assign(this, { parent, onPick, labels: [] });
  }

  // labels: [{text, size, level, at}], `at` in shares of the extent.
  set(labels) {
    const drawn = JSON.stringify(labels);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.labels = [...labels].sort((a, b) => b.size - a.size).map((label) => ({ ...label, button: this.#button(label) }));
    this.deepest = Math.max(0, ...labels.map((label) => label.level));
    this.parent.replaceChildren(...this.labels.map((label) => label.button));
    for (const label of this.labels) label.width = 0;
  }

  #button(label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "name";
    button.textContent = label.text;
    button.title = `${label.text}: ${label.size.toLocaleString("en")} points. Comes nearer.`;
    button.onclick = () => this.onPick(label);
    return button;
  }

  place(camera) {
    const level = Math.min(this.deepest ?? 0, Math.max(0, Math.floor(Math.log2(Math.max(camera.zoom, 1)) / 1.3)));
    const matrix = camera.matrix();
    const taken = [];
    for (const label of this.labels) {
      const { button } = label;
      const [x, y, before] = camera.project(label.at, matrix);
      const seen = label.level === level && before && x > 0 && y > 0 && x < camera.width && y < camera.height;
      if (!seen || taken.length >= MOST) {
        button.hidden = true;
        continue;
      }
      button.hidden = false;
      if (!label.width) [label.width, label.height] = [button.offsetWidth, button.offsetHeight];
      const left = Math.min(camera.width - label.width, Math.max(0, x - label.width / 2));
      const top = Math.min(camera.height - label.height, Math.max(0, y - label.height / 2));
      const box = [left - GAP, top - GAP, left + label.width + GAP, top + label.height + GAP];
      const free = taken.every((other) => box[0] > other[2] || box[2] < other[0] || box[1] > other[3] || box[3] < other[1]);
      button.hidden = !free;
      if (!free) continue;
      taken.push(box);
      button.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    }
    this.taken = taken;
  }
}
