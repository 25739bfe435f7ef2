// Finds points: the nearest to the pointer, those around it, and those in view. Flat maps have a grid of cells, which
// is built once: points of one cell stand together in `order`. Maps in space are small enough to look through.
const MOST_CELLS = 9; // powers of two on each axis: 512 by 512 cells hold four of a million points each
const MOST_LOOKED = 60000; // points looked through for one answer: some 2 ms
const MOST_IN_SPACE = 300000; // the points are shuffled: the first are a sample of all

export class Picking {
  constructor(places, axes) {
    Object.assign(this, { places, axes, n: places.length / axes, grid: null });
  }

  #build() {
    const bits = Math.min(MOST_CELLS, Math.max(1, Math.ceil(Math.log2(Math.max(this.n, 4) / 4) / 2)));
    const [cells, shift] = [1 << bits, 16 - bits];
    const starts = new Uint32Array(cells * cells + 1);
    const { places, n } = this;
    const cell = (at) => (places[2 * at] >> shift) + (places[2 * at + 1] >> shift) * cells;
    for (let at = 0; at < n; at += 1) starts[cell(at) + 1] += 1;
    for (let at = 0; at < cells * cells; at += 1) starts[at + 1] += starts[at];
    const next = starts.slice(0, -1);
    const order = new Uint32Array(n);
    for (let at = 0; at < n; at += 1) order[next[cell(at)]++] = at;
    this.grid = { cells, starts, order };
  }

  // Runs of `order` with the points between the limits, in shares of the extent. Cells at the rim hold others too.
  #runs([left, low, right, high]) {
    if (!this.grid) this.#build();
    const { cells, starts } = this.grid;
    const number = (share) => Math.min(cells - 1, Math.max(0, Math.floor((share * 65535 * cells) / 65536)));
    if (right < 0 || left > 1 || high < 0 || low > 1) return [];
    const runs = [];
    for (let row = number(low); row <= number(high); row += 1) {
      const [from, to] = [starts[row * cells + number(left)], starts[row * cells + number(right) + 1]];
      if (to > from) runs.push([from, to]);
    }
    return runs;
  }

  share(point) {
    const at = point * this.axes;
    return Array.from({ length: this.axes }, (_, axis) => this.places[at + axis] / 65535);
  }

  // The points in view as Uint32Array, or null if there are more than `most`.
  inside(limits, most) {
    const runs = this.#runs(limits);
    const total = runs.reduce((sum, [from, to]) => sum + to - from, 0);
    if (total > 4 * most) return null;
    const [left, low, right, high] = limits.map((share) => share * 65535);
    const found = new Uint32Array(Math.min(total, most));
    let count = 0;
    for (const [from, to] of runs) {
      for (let at = from; at < to; at += 1) {
        const point = this.grid.order[at];
        const [x, y] = [this.places[2 * point], this.places[2 * point + 1]];
        if (x < left || x > right || y < low || y > high) continue;
        if (count === found.length) return null;
        found[count++] = point;
      }
    }
    return found.subarray(0, count);
  }

  // The `count` nearest points within `reach` pixels that `seen` accepts, the nearest first.
  near(camera, px, py, reach, seen, count = 1) {
    const best = [];
    const offer = (point, away) => {
      if (away > reach * reach || (best.length === count && away >= best[count - 1][1]) || !seen(point)) return;
      let place = best.length;
      while (place > 0 && best[place - 1][1] > away) place -= 1;
      best.splice(place, 0, [point, away]);
      if (best.length > count) best.pop();
    };
    if (camera.spatial) this.#nearInSpace(camera, px, py, offer);
    else this.#nearOnFlat(camera, px, py, reach, offer);
    return best.map(([point]) => point);
  }

  #nearOnFlat(camera, px, py, reach, offer) {
    const [[left, low], [right, high]] = [camera.place(px - reach, py + reach), camera.place(px + reach, py - reach)];
    const [ex, ey] = camera.extent;
    const [x, y] = camera.place(px, py);
    let looked = 0;
    for (const [from, to] of this.#runs([left, low, right, high])) {
      for (let at = from; at < to && looked < MOST_LOOKED; at += 1, looked += 1) {
        const point = this.grid.order[at];
        const dx = (this.places[2 * point] / 65535 - x) * ex;
        const dy = (this.places[2 * point + 1] / 65535 - y) * ey;
        offer(point, dx * dx + dy * dy);
      }
    }
  }

  #nearInSpace(camera, px, py, offer) {
    const m = camera.matrix();
    const { places } = this;
    for (let point = 0; point < Math.min(this.n, MOST_IN_SPACE); point += 1) {
      const [a, b, c] = [places[3 * point] / 65535, places[3 * point + 1] / 65535, places[3 * point + 2] / 65535];
      const w = m[3] * a + m[7] * b + m[11] * c + m[15];
      if (w <= 0) continue;
      const dx = (((m[0] * a + m[4] * b + m[8] * c + m[12]) / w + 1) / 2) * camera.width - px;
      const dy = ((1 - (m[1] * a + m[5] * b + m[9] * c + m[13]) / w) / 2) * camera.height - py;
      offer(point, dx * dx + dy * dy + w); // of two on one pixel the nearer to the eye
    }
  }
}
