// Labels and small pictures of points: the server has them, and gives those that are asked for, many in one go.
const MOST_KEPT = 5000; // points whose label is kept
const MOST_ASKED = 64; // points of one question: some 60 with pictures are 150 kB
const PAUSE = 80; // milliseconds: a pointer that moves on asks nothing

export class Asks {
  known = new Map();
  waiting = new Set();
  timer = 0;

  constructor(send, onAnswer) {
    Object.assign(this, { send, onAnswer });
  }

  label(point) {
    return this.known.get(point)?.label;
  }

  // Asks for what is not known of these points; the first are the most wanted.
  want(points) {
    const missing = points.filter((point) => !this.known.has(point) && !this.waiting.has(point)).slice(0, MOST_ASKED);
    clearTimeout(this.timer);
    if (!missing.length) return;
    this.timer = setTimeout(() => {
      for (const point of missing) this.waiting.add(point);
      this.send(missing);
    }, PAUSE);
  }

  // rows: [point, label, picture or null, its look].
  answer(rows) {
    for (const [point, label, image, look] of rows) {
      this.known.delete(point);
      this.known.set(point, { label, image, look });
    }
    this.waiting.clear(); // what was asked and not answered is asked again
    while (this.known.size > MOST_KEPT) this.known.delete(this.known.keys().next().value);
    if (rows.length) this.onAnswer();
  }

  forget() {
    this.known.clear();
    this.waiting.clear();
  }
}
