// Where there is no WebGL: a picture of the density, drawn by the server. A click still opens the nearest point.
export class Plain {
  constructor(host) {
    this.host = host;
  }

  update(layers) {
    if (!this.host.lost) return;
    this.host.keep("picture", true); // the server draws the pictures once it knows
    this.host.panels.forEach((panel, at) => this.#show(panel.stage, layers[at], at));
  }

  #show(stage, layer, number) {
    if (!layer.picture) return;
    let image = stage.querySelector("img.density");
    if (!image) {
      image = document.createElement("img");
      image.className = "density";
      stage.append(image);
    }
    image.src = new URL(layer.picture, document.baseURI);
    image.alt = stage.getAttribute("aria-label");
    image.onclick = (event) => {
      const box = image.getBoundingClientRect();
      const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      const at = share.map((part, axis) => layer.low[axis] + part * layer.span[axis]);
      this.host.send("placed", { layer: number, revision: layer.revision, at });
    };
  }
}
