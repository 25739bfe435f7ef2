// What lies over the points: links, rings around the item in focus and the one under the pointer, a query with its
// answers, and the outline being drawn.
const RING = 22; // pixels
const STAR = 11;

function line(pen, from, to) {
  pen.moveTo(from[0], from[1]);
  pen.lineTo(to[0], to[1]);
}

function star(pen, [x, y], size) {
  pen.beginPath();
  for (let corner = 0; corner < 10; corner += 1) {
    const [angle, reach] = [(corner * Math.PI) / 5 - Math.PI / 2, corner % 2 ? size * 0.45 : size];
    pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  pen.closePath();
}

export class Marks {
  // links: pairs of points one after the other; focus: points; query: {at, answers} or null.
  links = [];
  focus = [];
  query = null;
  hovered = [];
  outline = [];

  constructor(inks) {
    this.inks = inks;
  }

  // screen(point) and project(place) give [x, y, before the eye]; seen(point) whether its group is shown.
  draw(pen, width, height, { screen, project, seen }) {
    pen.clearRect(0, 0, width, height);
    this.#links(pen, screen, seen);
    this.#focus(pen, screen, seen);
    if (this.query) this.#query(pen, screen, project, seen);
    for (const point of this.hovered) this.#ring(pen, screen(point), RING * 0.75, 2);
    this.#outline(pen);
  }

  #links(pen, screen, seen) {
    const many = this.links.length / 2;
    pen.globalAlpha = Math.min(0.4, Math.max(0.1, (0.4 * 300) / Math.max(many, 1)));
    pen.strokeStyle = this.inks.other;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let at = 0; at < this.links.length; at += 2) {
      const [one, two] = [this.links[at], this.links[at + 1]];
      if (!seen(one) || !seen(two)) continue;
      const [from, to] = [screen(one), screen(two)];
      if (from[2] && to[2]) line(pen, from, to);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #ring(pen, [x, y, before], size, width) {
    if (!before) return;
    pen.strokeStyle = this.inks.strong;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(x, y, size / 2, 0, 2 * Math.PI);
    pen.stroke();
  }

  #focus(pen, screen, seen) {
    const shown = this.focus.filter(seen).map(screen);
    pen.strokeStyle = this.inks.strong;
    pen.lineWidth = 3;
    pen.beginPath();
    for (const place of shown.slice(1)) if (place[2] && shown[0][2]) line(pen, shown[0], place);
    pen.stroke();
    for (const place of shown) this.#ring(pen, place, RING, 3);
  }

  #query(pen, screen, project, seen) {
    const from = project(this.query.at);
    if (!from[2]) return;
    pen.strokeStyle = this.inks.query;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const point of this.query.answers) if (seen(point)) line(pen, from, screen(point));
    pen.stroke();
    star(pen, from, STAR);
    pen.fillStyle = this.inks.query;
    pen.fill();
    pen.strokeStyle = this.inks.text;
    pen.stroke();
  }

  #outline(pen) {
    if (this.outline.length < 2) return;
    pen.beginPath();
    for (const [x, y] of this.outline) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = this.inks.strong;
    pen.globalAlpha = 0.12;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = this.inks.strong;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.stroke();
    pen.setLineDash([]);
  }
}
