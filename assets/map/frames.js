// When and how much is drawn. The points are shuffled, so the first of them are a sample: while the view moves only as
// many are drawn as the machine manages in one frame; at rest the others follow, frame by frame.
const SAMPLE = 4096; // points that tell how many are in view and how crowded they lie
const ACROSS = 48; // cells on each axis in which the sample is counted
const AIM = 32; // milliseconds of a frame while the view moves
const LEAST = 4000; // points drawn at least while the view moves
const MOST = 4e6; // points drawn at once on a fast machine
const SLOW = 60000; // points to begin with where the processor draws in place of a graphics card
const FAST = 500000;
const CROWDED = [1.5, 1.1]; // points over each pixel they take from which density is drawn, and back again
const SMALLEST = 2.5; // pixels of a point
const LARGEST = 8;

export const isSlow = (gl) => {
  const known = gl.getExtension("WEBGL_debug_renderer_info");
  const name = known ? gl.getParameter(known.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER);
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
};

export class Frames {
  // panel: draw(look, from, count, first, last), marks(), camera, picking, n
  constructor(panel, slow) {
    Object.assign(this, { panel, budget: slow ? SLOW : FAST, drawn: 0, fresh: false, dense: false, asked: 0, last: 0 });
    this.times = [];
  }

  // again: the points are drawn anew, because the view or they changed; else only what lies over them.
  request(again = true) {
    this.fresh ||= again;
    this.over = true;
    if (!this.asked) this.asked = requestAnimationFrame((now) => this.#frame(now));
  }

  stop() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
  }

  #frame(now) {
    this.asked = 0;
    const { panel } = this;
    if (!panel.ready) return;
    if (panel.fit()) this.fresh = true;
    if (this.fresh) this.#begin(now);
    const total = this.few ? this.few.length : panel.n;
    const first = this.drawn === 0 && this.fresh;
    this.fresh = false;
    if (first || this.drawn < total) {
      const count = Math.min(this.budget, total - this.drawn);
      panel.draw(this.look, this.drawn, count, first, this.drawn + count >= total);
      this.drawn += count;
    }
    if (this.over) panel.over();
    this.over = false;
    if (this.drawn < total) this.asked = requestAnimationFrame((later) => this.#frame(later));
    else panel.rested?.();
  }

  #begin(now) {
    const took = now - this.last;
    this.last = now;
    if (took < 400) {
      this.times.push(took);
      if (this.times.length > 600) this.times.shift();
      this.budget = Math.round(Math.min(MOST, Math.max(LEAST, this.budget * Math.min(1.25, Math.max(0.5, AIM / took)))));
    }
    this.look = this.#look();
    this.drawn = 0;
  }

  #look() {
    const { panel } = this;
    const { camera, n } = panel;
    const matrix = camera.matrix();
    const found = this.#crowd(matrix);
    const ratio = panel.ratio;
    const seen = Math.max(1, found.seen);
    const size = Math.min(LARGEST, Math.max(SMALLEST, LARGEST * (800 / seen) ** 0.25));
    const over = (seen * size * size) / Math.max(found.taken, 1);
    this.dense = panel.canCount && panel.between === 0 && over > CROWDED[this.dense ? 1 : 0];
    const few = !camera.spatial && !this.dense && n > this.budget && seen < this.budget / 2;
    this.few = few ? panel.picking.inside(camera.view(), this.budget) : null;
    if (this.few) panel.buffers.setShown(this.few);
    return {
      matrix,
      between: panel.between,
      depth: camera.spatial ? 1.75 : 0,
      size: (camera.spatial ? 0.85 : 1) * size * ratio,
      alpha: seen > 6000 ? 0.7 : 0.85,
      gain: 1.2 / Math.max(found.typical * 4 * 2.5, 1e-3), // a cell of the counts is 4 pixels, a point covers 2.5 of them
      dense: this.dense,
      shown: Boolean(this.few),
      seen,
    };
  }

  // seen: points in view; taken: pixels of the cells that hold any; typical: points per pixel where a point lies.
  #crowd(matrix) {
    const { places, axes, n, camera, ratio } = this.panel;
    const sample = Math.min(SAMPLE, n);
    const counts = new Uint32Array(ACROSS * ACROSS);
    let inside = 0;
    for (let point = 0; point < sample; point += 1) {
      const [a, b, c] = [places[point * axes] / 65535, places[point * axes + 1] / 65535, axes === 3 ? places[point * 3 + 2] / 65535 : 0];
      const w = matrix[3] * a + matrix[7] * b + matrix[11] * c + matrix[15];
      const x = Math.floor((((matrix[0] * a + matrix[4] * b + matrix[8] * c + matrix[12]) / w + 1) / 2) * ACROSS);
      const y = Math.floor((((matrix[1] * a + matrix[5] * b + matrix[9] * c + matrix[13]) / w + 1) / 2) * ACROSS);
      if (w <= 0 || x < 0 || y < 0 || x >= ACROSS || y >= ACROSS) continue;
      inside += 1;
      counts[y * ACROSS + x] += 1;
    }
    const cell = (camera.width * camera.height) / (ACROSS * ACROSS);
    const times = n / sample;
    const held = counts.reduce((sum, count) => sum + (count > 0), 0);
    const squares = counts.reduce((sum, count) => sum + count * count, 0);
    const typical = inside ? (squares / inside / cell) * times / (ratio * ratio) : 0;
    return { seen: inside * times, taken: held * cell, typical };
  }
}
