// The left map's points move to their places on the right map and back. Points that the right map lacks stay.
const LASTS = 900; // milliseconds

export class Move {
  constructor([left, right]) {
    Object.assign(this, { left, right, to: 0 });
  }

  #prepare() {
    const { left, right } = this;
    if (!left.ready || !right.ready) return false;
    const key = `${left.layer.places} ${right.layer.places}`;
    if (this.key === key) return true;
    this.key = key;
    left.later = left.places.slice();
    left.later.set(right.places.subarray(0, left.host.data.shared * left.axes));
    left.buffers.setLater(left.later, left.axes);
    return true;
  }

  toggle() {
    if (!this.#prepare()) return;
    cancelAnimationFrame(this.asked);
    this.to = 1 - this.to;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [from, began] = [this.left.between, performance.now()];
    const step = (now) => {
      const share = still ? 1 : Math.min(1, (now - began) / LASTS);
      this.left.between = from + (this.to - from) * share * share * (3 - 2 * share);
      this.left.moved();
      if (share < 1) this.asked = requestAnimationFrame(step);
      else this.left.host.say(this.to ? "The left map shows the places of the right one" : "The left map shows its own places");
    };
    this.asked = requestAnimationFrame(step);
  }
}
