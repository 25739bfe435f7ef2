// The map without a mouse: arrows move, + and - zoom, N and P step through points from near to far, Enter opens the
// one in focus, S selects what is in view, 0 shows the whole map. Tab goes on to the names of clusters and the groups.
export const HELP =
  "Arrow keys move, plus and minus zoom, 0 shows all. N and P step through the points, Enter opens one. " +
  "S selects what is in view. Tab goes to the names of clusters.";
const STEP = 60; // pixels of one press of an arrow
const ZOOM = 1.4;
const REACH = 80; // pixels around the middle that are searched for the first point, doubled until one is found

export class Keyboard {
  stepped = [];
  place = -1;

  // panel: camera, moved(), nearest(x, y, reach, count), show(point), open(point), selectView(), say(words)
  constructor(stage, panel) {
    this.panel = panel;
    stage.onkeydown = (event) => {
      if (!panel.ready || event.ctrlKey || event.metaKey || event.altKey || event.target !== stage) return;
      if (!this.#press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    };
  }

  forget() {
    this.stepped = [];
    this.place = -1;
  }

  #press(key) {
    const { camera } = this.panel;
    const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    if (moves[key]) camera.drag(...moves[key]);
    else if (key === "+" || key === "=") camera.zoomBy(ZOOM);
    else if (key === "-" || key === "_") camera.zoomBy(1 / ZOOM);
    else if (key === "0") camera.reset();
    else return this.#act(key);
    this.forget();
    this.panel.moved();
    return true;
  }

  #act(key) {
    if (key === "n" || key === "N") this.#step(1);
    else if (key === "p" || key === "P") this.#step(-1);
    else if (key === "Enter" && this.place >= 0) this.panel.open(this.stepped[this.place]);
    else if (key === "s" || key === "S") this.panel.selectView();
    else if (key === "Escape") this.panel.leave();
    else return false;
    return true;
  }

  // The points in the order of their distance from the middle of the view, 200 at a time.
  #step(by) {
    const { camera } = this.panel;
    const [x, y] = [camera.width / 2, camera.height / 2];
    for (let reach = REACH; !this.stepped.length && reach < 8 * camera.width; reach *= 2) {
      this.stepped = this.panel.nearest(x, y, reach, 200);
    }
    if (!this.stepped.length) {
      this.panel.say("No point is in view.");
      return;
    }
    this.place = Math.min(this.stepped.length - 1, Math.max(0, this.place + by));
    this.panel.show(this.stepped[this.place], true);
  }
}
