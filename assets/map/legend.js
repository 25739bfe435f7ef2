// The groups as buttons: a press shows that group alone, a second press all again. Numbers have a scale in their place.
const make = (tag, name, text) => {
  const element = document.createElement(tag);
  element.className = name;
  if (text) element.textContent = text;
  return element;
};

export class Legend {
  pressed = new Set();

  constructor(parent, onChange) {
    Object.assign(this, { parent, onChange });
  }

  // groups: [{name, colour, shape, count, codes}]; scale: {title, colours, ticks: [[share, text]]} or null.
  set({ groups, scale, key }) {
    const drawn = JSON.stringify([groups, scale]);
    if (key !== this.key) this.pressed.clear();
    this.key = key;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.groups = groups;
    const parts = groups.map((group) => this.#button(group));
    if (scale) parts.push(this.#scale(scale));
    this.parent.replaceChildren(...parts);
    this.#show();
  }

  // Whether points of this code are shown.
  shows(code) {
    if (!this.pressed.size) return true;
    return this.groups.some((group) => this.pressed.has(group.name) && group.codes[0] <= code && code <= group.codes[1]);
  }

  #button(group) {
    const button = make("button", "group");
    button.type = "button";
    const dot = make("span", `dot ${group.shape ?? "circle"}`);
    dot.style.setProperty("--tint", group.colour);
    button.append(dot, make("span", "", group.name), make("span", "count", group.count.toLocaleString("en")));
    button.title = `Show ${group.name} alone; with Shift, beside others`;
    button.onclick = (event) => {
      const held = this.pressed.has(group.name);
      if (!event.shiftKey) this.pressed.clear();
      if (held) this.pressed.delete(group.name);
      else this.pressed.add(group.name);
      this.#show();
      this.onChange(this.pressed.size ? `Only ${[...this.pressed].join(", ")} shown` : "All groups shown");
    };
    return button;
  }

  #show() {
    this.groups.forEach((group, at) => {
      this.parent.children[at].setAttribute("aria-pressed", String(this.pressed.has(group.name)));
    });
    this.parent.classList.toggle("isolated", this.pressed.size > 0);
  }

  #scale({ title, colours, ticks }) {
    const box = make("span", "scale");
    const bar = make("span", "bar");
    bar.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    for (const [share, text] of ticks) {
      const tick = make("span", "tick", text);
      tick.style.left = `${share * 100}%`;
      bar.append(tick);
    }
    box.append(make("span", "title", title), bar);
    return box;
  }
}
