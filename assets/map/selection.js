// The pointer: a drag pans or turns, or draws a box or a lasso; the wheel and two fingers zoom; a click opens a point.
const STILL = 4; // pixels: a press that moved less is a click
const STEP = 4; // pixels between two corners of a lasso
const CORNERS = 400; // most corners sent: a lasso stays below 10 kB

function thinned(outline) {
  const step = Math.ceil(outline.length / CORNERS);
  return outline.filter((_, place) => place % step === 0);
}

export class Selection {
  tool = "pan";
  pointers = new Map();

  // panel: camera, marks, moved(), hover(x, y), leave(), click(x, y), drawn(corners)
  constructor(stage, panel) {
    Object.assign(this, { stage, panel });
    stage.onpointerdown = (event) => this.#down(event);
    stage.onpointermove = (event) => this.#move(event);
    stage.onpointerup = (event) => this.#up(event, true);
    stage.onpointercancel = (event) => this.#up(event, false);
    stage.onpointerleave = () => panel.leave();
    stage.ondblclick = (event) => {
      if (!panel.ready) return;
      panel.camera.zoomBy(event.shiftKey ? 0.5 : 2, ...this.#place(event));
      panel.moved();
    };
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #place(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (!this.panel.ready || event.target.closest("button")) return;
    this.stage.setPointerCapture(event.pointerId);
    const place = this.#place(event);
    this.pointers.set(event.pointerId, place);
    this.began = place;
    this.still = this.pointers.size === 1;
    this.way = event.button === 2 || event.ctrlKey ? "shift" : event.shiftKey && this.tool === "pan" ? "lasso" : this.tool;
    this.corners = [place];
    this.panel.leave();
  }

  #move(event) {
    const place = this.#place(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.panel.hover(...place);
      return;
    }
    if (this.pointers.size === 2) this.#pinch(event.pointerId, before, place);
    else if (this.way === "lasso" || this.way === "box") this.#draw(place);
    else this.#drag(before, place);
    this.pointers.set(event.pointerId, place);
    if (Math.hypot(place[0] - this.began[0], place[1] - this.began[1]) > STILL) this.still = false;
  }

  #drag(before, place) {
    const { camera } = this.panel;
    const by = [place[0] - before[0], place[1] - before[1]];
    if (this.way === "shift") camera.pan(...by);
    else camera.drag(...by);
    this.panel.moved();
  }

  #pinch(id, before, place) {
    const [, other] = [...this.pointers].find(([name]) => name !== id);
    const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
    this.panel.camera.zoomBy(apart(place) / apart(before), (place[0] + other[0]) / 2, (place[1] + other[1]) / 2);
    this.panel.moved();
  }

  #draw(place) {
    const last = this.corners[this.corners.length - 1];
    if (this.way === "box") this.corners = [this.began, [place[0], this.began[1]], place, [this.began[0], place[1]]];
    else if (Math.hypot(place[0] - last[0], place[1] - last[1]) >= STEP) this.corners.push(place);
    this.panel.marks.outline = this.corners;
    this.panel.marked();
  }

  #up(event, done) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.panel.marks.outline = [];
    this.panel.marked();
    if (!done) return;
    if (this.still) this.panel.click(...this.#place(event));
    else if ((this.way === "lasso" || this.way === "box") && this.corners.length > 2) this.panel.drawn(thinned(this.corners));
    this.still = false;
  }

  #wheel(event) {
    if (!this.panel.ready) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1; // some mice count lines in place of pixels
    this.panel.camera.zoomBy(2 ** (-event.deltaY * lines * 0.003), ...this.#place(event));
    this.panel.leave();
    this.panel.moved();
  }
}
