// Where one looks from. A place is given in shares of the map's extent, 0 to 1 on each axis, as the files hold it.
// Both cameras answer: matrix(), project(place), pan(dx, dy), drag(dx, dy), zoomBy(factor, x, y), reset(), state.
const MARGIN = 0.92; // share of the drawing that the whole map fills
const CLOSEST = 800; // times: one step of the 16-bit places is then some ten pixels
const FIELD = Math.PI / 4; // angle that the eye takes in, from top to bottom
const EYE = { yaw: 0.75, pitch: 0.45, distance: 1.75 };

class Camera {
  width = 1;
  height = 1;

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  // Returns pixels from the left and the top, and whether the place lies before the eye.
  project([a, b, c = 0], m = this.matrix()) {
    const w = m[3] * a + m[7] * b + m[11] * c + m[15];
    const x = (m[0] * a + m[4] * b + m[8] * c + m[12]) / w;
    const y = (m[1] * a + m[5] * b + m[9] * c + m[13]) / w;
    return [((x + 1) / 2) * this.width, ((1 - y) / 2) * this.height, w > 0];
  }
}

export class FlatCamera extends Camera {
  spatial = false;

  constructor(low, span) {
    super();
    Object.assign(this, { low, span });
    this.reset();
  }

  reset() {
    this.x = 0.5;
    this.y = 0.5;
    this.zoom = 1;
  }

  get state() {
    return [this.x, this.y, this.zoom];
  }

  set state(found) {
    [this.x, this.y, this.zoom] = found;
  }

  // Pixels that the whole extent takes on each axis: one unit is as long on both.
  get extent() {
    const unit = MARGIN * this.zoom * Math.min(this.width / this.span[0], this.height / this.span[1]);
    return [unit * this.span[0], unit * this.span[1]];
  }

  matrix() {
    const [ex, ey] = this.extent;
    const [sx, sy] = [(2 * ex) / this.width, (2 * ey) / this.height];
    return new Float32Array([sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, 1, 0, -this.x * sx, -this.y * sy, 0, 1]);
  }

  place(px, py) {
    const [ex, ey] = this.extent;
    return [this.x + (px - this.width / 2) / ex, this.y - (py - this.height / 2) / ey];
  }

  // The coordinates of the map itself, as the server knows them.
  coordinates(px, py) {
    return this.place(px, py).map((share, axis) => this.low[axis] + share * this.span[axis]);
  }

  // The four limits of what is seen: left, bottom, right, top.
  view() {
    return [...this.place(0, this.height), ...this.place(this.width, 0)];
  }

  pan(dx, dy) {
    const [ex, ey] = this.extent;
    this.x = Math.min(1.2, Math.max(-0.2, this.x - dx / ex));
    this.y = Math.min(1.2, Math.max(-0.2, this.y + dy / ey));
  }

  drag(dx, dy) {
    this.pan(dx, dy);
  }

  zoomBy(factor, px = this.width / 2, py = this.height / 2) {
    const before = this.place(px, py);
    this.zoom = Math.min(CLOSEST, Math.max(0.5, this.zoom * factor));
    const after = this.place(px, py);
    this.x += before[0] - after[0];
    this.y += before[1] - after[1];
  }

  lookAt([x, y], zoom = this.zoom) {
    Object.assign(this, { x, y, zoom });
  }
}

export class SpatialCamera extends Camera {
  spatial = true;

  constructor() {
    super();
    this.reset();
  }

  reset() {
    Object.assign(this, EYE, { at: [0.5, 0.5, 0.5] });
  }

  get state() {
    return [this.yaw, this.pitch, this.distance, ...this.at];
  }

  set state(found) {
    [this.yaw, this.pitch, this.distance, ...this.at] = found;
  }

  get zoom() {
    return EYE.distance / this.distance;
  }

  // Unit vectors of the screen: to the right, upwards, and towards the eye.
  axes() {
    const [cy, sy, cp, sp] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    return [[-sy, cy, 0], [-sp * cy, -sp * sy, cp], [cp * cy, cp * sy, sp]];
  }

  matrix() {
    const focus = 1 / Math.tan(FIELD / 2);
    const [near, far] = [0.01, 10];
    const rows = this.axes().map((axis) => [...axis, -axis.reduce((sum, part, at) => sum + part * this.at[at], 0)]);
    const back = [...rows[2].slice(0, 3), rows[2][3] - this.distance];
    const depth = back.map((part, at) => part * ((near + far) / (near - far)) + (at === 3 ? (2 * near * far) / (near - far) : 0));
    const shown = [
      rows[0].map((part) => (part * focus * this.height) / this.width),
      rows[1].map((part) => part * focus),
      depth,
      back.map((part) => -part),
    ];
    return new Float32Array([0, 1, 2, 3].flatMap((column) => shown.map((row) => row[column])));
  }

  drag(dx, dy) {
    this.yaw -= dx * 0.008;
    this.pitch = Math.min(1.55, Math.max(-1.55, this.pitch + dy * 0.008));
  }

  pan(dx, dy) {
    const unit = (2 * Math.tan(FIELD / 2) * this.distance) / this.height;
    const [right, up] = this.axes();
    this.at = this.at.map((part, at) => Math.min(1.5, Math.max(-0.5, part - (right[at] * dx - up[at] * dy) * unit)));
  }

  zoomBy(factor) {
    this.distance = Math.min(6, Math.max(0.02, this.distance / factor));
  }

  lookAt(place, zoom = this.zoom) {
    this.at = [...place];
    this.distance = EYE.distance / zoom;
  }
}
