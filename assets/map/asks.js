// Labels and small pictures of points: the server has them, and gives those that are asked for, many in one go. One
// question is under way at a time; what is wanted meanwhile is asked after its answer, the latest alone.
const MOST_KEPT = 5000; // points whose label is kept
const MOST_ASKED = 64; // points of one question: some 60 with pictures are 150 kB
const PAUSE = 80; // milliseconds: a pointer that moves on asks nothing
const LOST = 4000; // milliseconds after which a question without an answer is asked again

export class Asks {
  known = new Map();
  wanted = [];
  timer = 0;
  asked = 0; // when the question under way was asked; 0 for none

  constructor(send, onAnswer) {
    Object.assign(this, { send, onAnswer });
  }

  label(point) {
    return this.known.get(point)?.label;
  }

  // Asks for what is not known of these points; the first are the most wanted.
  want(points) {
    this.wanted = points.filter((point) => !this.known.has(point)).slice(0, MOST_ASKED);
    this.#later(PAUSE);
  }

  #later(pause) {
    clearTimeout(this.timer);
    if (this.wanted.length) this.timer = setTimeout(() => this.#ask(), pause);
  }

  #ask() {
    const left = this.asked + LOST - performance.now();
    if (this.asked && left > 0) {
      this.#later(left);
      return;
    }
    this.asked = performance.now();
    this.send(this.wanted);
    this.#later(LOST);
  }

  // rows: [point, label, picture or null, its look].
  answer(rows) {
    for (const [point, label, image, look] of rows) {
      this.known.delete(point);
      this.known.set(point, { label, image, look });
    }
    this.asked = 0;
    while (this.known.size > MOST_KEPT) this.known.delete(this.known.keys().next().value);
    this.want(this.wanted);
    if (rows.length) this.onAnswer();
  }

  forget() {
    this.known.clear();
    this.wanted = [];
    this.asked = 0;
    clearTimeout(this.timer);
  }
}
