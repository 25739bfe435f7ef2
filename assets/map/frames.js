// When and how much is drawn. The points are shuffled, so the first of them are a sample: while the view moves only as
// many are drawn as the machine manages in one frame; at rest the others follow, frame by frame. Where the processor
// draws, density is drawn at rest alone: to colour every pixel by it takes longer than 20,000 points do.
const SAMPLE = 4096; // points that tell how many are in view and how crowded they lie
const ACROSS = 48; // cells on each axis in which the sample is counted
const AIM = 32; // milliseconds of a frame while the view moves
const LEAST = 4000; // points drawn at least while the view moves
const MOST = 4e6; // points drawn at once on a fast machine
const SLOW = 16000; // points to begin with where the processor draws in place of a graphics card
const FAST = 500000;
const GROWTH = 8; // times as many are drawn at once when the view has been at rest for some frames
const FEW = 30000; // points in view from which they alone are drawn
const MOVING = 400; // milliseconds between two views from which the view stood still in between
const STILL = 160; // milliseconds after which a moved view is at rest
const CROWDED = [2, 1.5]; // points over one another at a typical point from which density is drawn, and back again
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
    Object.assign(this, { panel, slow, budget: slow ? SLOW : FAST, drawn: 0, fresh: false, dense: false, asked: 0, last: -Infinity });
    Object.assign(this, { before: 0, worked: false, moving: false, total: 0 });
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
    if (this.worked && this.moving) this.#pace(now - this.before);
    this.before = now;
    if (panel.fit()) this.fresh = true;
    const rested = this.sketched && !this.fresh && now - this.last > STILL;
    if (this.fresh || rested) this.#begin(now, rested);
    const first = this.fresh || rested;
    this.fresh = false;
    this.worked = this.#draw(first);
    if (this.over) panel.over();
    this.over = false;
    if (this.drawn < this.total || this.sketched) this.asked = requestAnimationFrame((later) => this.#frame(later));
    else panel.rested?.();
  }

  // Draws the next points, if any are left. Returns whether it did.
  #draw(first) {
    const { panel } = this;
    if (!first && this.drawn >= this.total) return false;
    const count = Math.min(this.share, this.total - this.drawn);
    panel.draw(this.look, this.drawn, count, first, this.drawn + count >= this.total && !this.sketched);
    this.drawn += count;
    if (!this.moving) this.share = Math.min(2 * this.share, GROWTH * (this.slow ? SLOW : FAST));
    return true;
  }

  // took: milliseconds from a frame that drew points to the next.
  #pace(took) {
    this.budget = Math.round(Math.min(MOST, Math.max(LEAST, this.budget * Math.min(1.25, Math.max(0.5, AIM / took)))));
  }

  #begin(now, rested) {
    this.moving = now - this.last < MOVING && !rested;
    this.last = now;
    this.look = this.#look(this.moving && this.slow);
    this.drawn = 0;
    this.share = this.moving ? this.budget : this.slow ? SLOW : FAST;
    this.total = this.few ? this.few.length : this.sketched ? Math.min(this.budget, this.panel.n) : this.panel.n;
  }

  #look(sketch) {
    const { panel } = this;
    const { camera, n } = panel;
    const matrix = camera.matrix();
    const found = this.#crowd(matrix);
    const ratio = panel.ratio;
    const seen = Math.max(1, found.seen);
    const size = Math.min(LARGEST, Math.max(SMALLEST, LARGEST * (800 / seen) ** 0.25));
    const over = found.typical * size * size;
    this.dense = panel.canCount && panel.between === 0 && over > CROWDED[this.dense ? 1 : 0];
    this.sketched = sketch && this.dense;
    const few = !camera.spatial && !this.dense && n > FEW && seen < FEW;
    this.few = few ? panel.picking.inside(camera.view(), 2 * FEW) : null;
    if (this.few) panel.buffers.setShown(this.few);
    return {
      matrix,
      between: panel.between,
      depth: camera.spatial ? 1.75 : 0,
      size: (camera.spatial ? 0.85 : 1) * size * ratio,
      alpha: seen > 6000 ? 0.7 : 0.85,
      // A cell of the counts is 4 pixels, a point covers 2.5 of them.
      gain: 2 / Math.max((found.typical / (ratio * ratio)) * 4 * 2.5, 1e-3),
      dense: this.dense && !sketch,
      shown: Boolean(this.few),
      seen,
    };
  }

  // seen: points in view; typical: points per pixel where a point lies, by how many of the sample share a cell.
  #crowd(matrix) {
    const { places, axes, n, camera } = this.panel;
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
    const shared = counts.reduce((sum, count) => sum + count * (count - 1), 0);
    const typical = inside ? (1 + (shared / inside) * times) / cell : 0;
    return { seen: inside * times, typical };
  }
}
