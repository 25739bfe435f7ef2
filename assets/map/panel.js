// One map: its points on the graphics processor, what lies over them, and its view, which outlives the element.
import { Asks } from "./asks.js";
import { Buffers } from "./buffers.js";
import { fetchBytes } from "./bytes.js";
import { FlatCamera, SpatialCamera } from "./camera.js";
import { Frames, isSlow } from "./frames.js";
import { Keyboard } from "./keyboard.js";
import { Labels } from "./labels.js";
import { Marks } from "./marks.js";
import { Picking } from "./picking.js";
import { Points } from "./points.js";
import { Selection } from "./selection.js";
import { Thumbnails } from "./thumbnails.js";

const REACH = 12; // pixels around the pointer in which a point is found
const AROUND = 24; // points near the pointer whose labels are asked with its own
const views = new Map(); // the last view of each map: its name and digest -> the camera's state
const MOST_VIEWS = 50;

export class Panel {
  ready = false;
  between = 0;
  n = 0;
  hovered = null;

  // host: name, inks, say(words), pointed(panel, point), outlined(panel, outline), pointsAt(panel, point),
  // ask(panel, points), groupOf(code), failed()
  constructor(stage, host, number) {
    Object.assign(this, { stage, host, number });
    const find = (name) => stage.querySelector(name);
    this.canvas = find("canvas.points");
    this.pen = find("canvas.marks").getContext("2d");
    this.marks = new Marks(host.inks);
    this.labels = new Labels(find(".names"), (label) => this.comeNearer(label));
    this.asks = new Asks((points) => host.ask(this, points), () => this.frames?.request(false));
    this.thumbnails = new Thumbnails(find(".hover"), find(".pictures"), this.asks);
    this.selection = new Selection(stage, this);
    this.keyboard = new Keyboard(stage, this);
    this.watch = new ResizeObserver(() => this.moved());
    this.watch.observe(stage);
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.ready = false;
      host.failed();
    });
    this.#start();
  }

  #start() {
    this.gl = this.canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (!this.gl) {
      this.host.failed();
      return;
    }
    this.buffers = new Buffers(this.gl);
    this.points = new Points(this.gl, this.buffers);
    this.frames = new Frames(this, isSlow(this.gl));
  }

  get canCount() {
    return this.buffers.counted;
  }

  // layer: places, numbers, kinds, n, axes, low, span, revision. Each file is read once.
  async setLayer(layer) {
    if (!this.gl || layer.places === this.layer?.places) return;
    const [places, numbers] = await Promise.all([fetchBytes(layer.places), fetchBytes(layer.numbers)]);
    this.layer = layer;
    Object.assign(this, { n: layer.n, axes: layer.axes, places: new Uint16Array(places), kinds: new Uint8Array(numbers) });
    this.camera = layer.axes === 3 ? new SpatialCamera() : new FlatCamera(layer.low, layer.span);
    const kept = views.get(this.viewName);
    if (kept) this.camera.state = kept;
    this.picking = new Picking(this.places, this.axes);
    this.buffers.setPlaces(this.places, this.axes);
    this.buffers.setShapes(this.kinds.map((kind) => layer.kinds[kind][1]));
    this.buffers.setLater(null);
    this.keyboard.forget();
    this.asks.forget();
    this.codes = null;
    this.ready = false;
  }

  get viewName() {
    return `${this.host.name} ${this.number} ${this.layer.view}`;
  }

  async setCodes(address) {
    const bytes = await fetchBytes(address);
    if (!this.gl || this.codes?.buffer === bytes || bytes.byteLength !== this.n) return;
    const codes = new Uint8Array(bytes);
    this.codes = codes;
    this.buffers.setCodes(codes);
  }

  setPalette(colours) {
    this.palette = colours;
    this.buffers?.setPalette(colours);
  }

  seen = (point) => this.palette[4 * this.codes[point] + 3] > 0;

  screen = (point) => this.camera.project(this.share(point), this.matrix);

  share(point) {
    const place = this.picking.share(point);
    if (!this.between || !this.later) return place;
    return place.map((part, axis) => part + (this.later[point * this.axes + axis] / 65535 - part) * this.between);
  }

  moved() {
    if (!this.ready) return;
    views.delete(this.viewName);
    views.set(this.viewName, this.camera.state);
    if (views.size > MOST_VIEWS) views.delete(views.keys().next().value);
    this.frames.request();
  }

  marked() {
    if (this.ready) this.frames.request(false);
  }

  // Fits the canvases to the element. Returns whether their size changed, which empties them.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    const [across, down] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    this.camera.resize(width, height);
    if (this.canvas.width === across && this.canvas.height === down) return false;
    for (const canvas of [this.canvas, this.pen.canvas]) Object.assign(canvas, { width: across, height: down });
    this.pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.buffers.resize(across, down);
    return true;
  }

  begin() {
    this.ready = true;
    this.fit();
    this.frames.request();
  }

  draw(look, from, count, first, last) {
    const { width, height } = this.canvas;
    if (first) this.points.clear(width, height, look.dense);
    if (look.dense) this.points.density(look, from, count, (from + count) / this.n, width, height);
    else this.points.marks(look, from, count, look.shown);
    if (first || last || look.dense) this.points.rings(look, this.host.inks.strongParts, this.ratio);
    if (first) performance.mark("map.first");
    if (!last) return;
    performance.mark("map.whole");
    this.stage.dataset.drawn = String(this.n);
  }

  over() {
    this.matrix = this.camera.matrix();
    const project = (place) => this.camera.project(place, this.matrix);
    this.marks.draw(this.pen, this.camera.width, this.camera.height, { screen: this.screen, project, seen: this.seen });
    this.labels.place(this.camera);
    const flat = !this.camera.spatial && this.between === 0;
    this.thumbnails.near(flat ? this.picking.inside(this.camera.view(), 40) : null, this.screen);
    this.#box();
  }

  facts(point) {
    const group = this.host.groupOf(this.codes[point]);
    const [kind] = this.layer.kinds[this.kinds[point]];
    return group && group !== kind ? `${kind} · ${group}` : kind;
  }

  #box() {
    if (this.hovered === null) {
      this.thumbnails.hover(null);
      return;
    }
    const [x, y] = this.screen(this.hovered);
    this.thumbnails.hover(this.hovered, x, y, this.facts(this.hovered), this.camera.width);
  }

  nearest(x, y, reach, count) {
    return this.ready ? this.picking.near(this.camera, x, y, reach, this.seen, count) : [];
  }

  hover(x, y) {
    const [point = null] = this.nearest(x, y, REACH, 1);
    if (point === this.hovered) return;
    this.show(point);
    if (point !== null) this.asks.want([point, ...this.nearest(x, y, 4 * REACH, AROUND)]);
  }

  // Rings the point and shows what is known of it, here and on a linked map.
  show(point, aloud = false) {
    this.hovered = point;
    this.marks.hovered = point === null ? [] : [point];
    this.host.pointsAt(this, point, aloud);
    this.marked();
  }

  leave() {
    if (this.hovered !== null) this.show(null);
  }

  click(x, y) {
    const [point] = this.nearest(x, y, REACH, 1);
    if (point !== undefined) this.open(point);
  }

  open(point) {
    this.host.pointed(this, point);
  }

  // corners: pixels. A flat map sends coordinates; a map in space its view too, with places on the screen from -1 to 1.
  drawn(corners) {
    const { camera } = this;
    if (!camera.spatial) {
      this.host.outlined(this, { outline: corners.map((corner) => camera.coordinates(...corner)) });
      return;
    }
    const outline = corners.map(([x, y]) => [(2 * x) / camera.width - 1, 1 - (2 * y) / camera.height]);
    this.host.outlined(this, { outline, view: [...camera.matrix()] });
  }

  selectView() {
    const { width, height } = this.camera;
    this.drawn([[0, 0], [width, 0], [width, height], [0, height]]);
  }

  comeNearer(label) {
    this.camera.lookAt(label.at, Math.max(this.camera.zoom * 2.2, 2.5));
    this.moved();
    this.host.say(`Nearer to ${label.text}`);
  }

  say(words) {
    this.host.say(words);
  }

  end() {
    this.watch.disconnect();
    this.frames?.stop();
    this.ready = false;
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
