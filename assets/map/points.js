// Draws the points: as marks when few lie in view, else as density. A part of the points may be drawn at a time.
const RING = 13; // pixels of the ring around a selected point

export class Points {
  constructor(gl, buffers) {
    Object.assign(this, { gl, buffers });
  }

  #use(name, look, size) {
    const { gl, buffers } = this;
    const { program, at } = buffers.programs[name];
    gl.useProgram(program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, buffers.palette);
    gl.uniform1i(at.palette, 0);
    gl.uniformMatrix4fv(at.view, false, look.matrix);
    gl.uniform1f(at.size, size);
    gl.uniform1f(at.between, look.between);
    gl.uniform1f(at.depth, look.depth);
    return at;
  }

  #some(from, count, shown) {
    const { gl, buffers } = this;
    if (!shown) {
      gl.drawArrays(gl.POINTS, from, count);
      return;
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.shown);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * from);
  }

  clear(width, height, dense) {
    const { gl, buffers } = this;
    gl.clearColor(0, 0, 0, 0);
    if (dense) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, buffers.target);
      gl.viewport(0, 0, ...buffers.size);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    }
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  // look: matrix, between, depth, size and alpha; from and count: which of the points; shown: only those of setShown.
  marks(look, from, count, shown) {
    const { gl } = this;
    const at = this.#use("marks", look, look.size);
    gl.uniform1f(at.alpha, look.alpha);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#some(from, count, shown);
  }

  // Adds points to the counts and draws the counts so far. share: which part of all points they then hold.
  density(look, from, count, share, width, height) {
    const { gl, buffers } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, buffers.target);
    gl.viewport(0, 0, ...buffers.size);
    this.#use("counts", look, 1.6);
    gl.blendFunc(gl.ONE, gl.ONE);
    gl.drawArrays(gl.POINTS, from, count);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const { program, at } = buffers.programs.density;
    gl.useProgram(program);
    gl.bindTexture(gl.TEXTURE_2D, buffers.counts);
    gl.uniform1i(at.counts, 0);
    gl.uniform1f(at.gain, look.gain / share);
    gl.uniform1f(at.least, 0.55);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  rings(look, ink, ratio) {
    const { gl, buffers } = this;
    if (!buffers.chosenCount) return;
    const at = this.#use("rings", look, RING * ratio);
    gl.uniform3fv(at.ink, ink);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.chosen);
    gl.drawElements(gl.POINTS, buffers.chosenCount, gl.UNSIGNED_INT, 0);
  }
}
