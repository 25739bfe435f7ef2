// The box at the pointer, and small pictures over the points when few are in view. All text goes in as text.
const MOST = 40; // points in view from which their pictures appear
const SIDE = 46; // pixels of a picture

const make = (tag, name, text) => {
  const element = document.createElement(tag);
  element.className = name;
  if (text) element.textContent = text;
  return element;
};

function picture(found) {
  const image = make("img", `picture ${found.look ?? ""}`);
  image.src = found.image;
  image.alt = "";
  return image;
}

export class Thumbnails {
  constructor(box, field, asks) {
    Object.assign(this, { box, field, asks, shown: "" });
  }

  // What is known of the point under the pointer; null hides the box.
  hover(point, x, y, facts, width) {
    this.box.hidden = point === null;
    if (point === null) return;
    const found = this.asks.known.get(point);
    const parts = [make("div", "label", found?.label ?? "…"), make("div", "facts", facts)];
    if (found?.image) parts.unshift(picture(found));
    this.box.replaceChildren(...parts);
    const left = x > width / 2 ? x - this.box.offsetWidth - 14 : x + 14;
    this.box.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, y - this.box.offsetHeight / 2)}px)`;
  }

  // points: those in view, or null when there are too many. Pictures that would cover another are left out.
  near(points, screen) {
    const few = points && points.length <= MOST ? [...points] : [];
    if (!few.length) {
      if (this.shown) this.field.replaceChildren();
      this.shown = "";
      return;
    }
    this.asks.want(few);
    const taken = [];
    const parts = [];
    for (const point of few) {
      const found = this.asks.known.get(point);
      const [x, y] = screen(point);
      if (!found?.image || taken.some(([a, b]) => Math.abs(a - x) < SIDE + 4 && Math.abs(b - y) < SIDE + 4)) continue;
      taken.push([x, y]);
      parts.push([point, found, x, y]);
    }
    const shown = parts.map(([point]) => point).join(" ");
    if (shown !== this.shown) this.field.replaceChildren(...parts.map(([, found]) => picture(found)));
    this.shown = shown;
    parts.forEach(([, , x, y], place) => {
      this.field.children[place].style.transform = `translate(${x - SIDE / 2}px, ${y - SIDE / 2}px)`;
    });
  }
}
