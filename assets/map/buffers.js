// What lies on the graphics processor: places, codes and shapes of the points, the colours, and the rings.
import { COUNTS, DENSITY, MARKS, POINTS, RINGS, SCREEN } from "./shaders.js";

function compile(gl, kind, source) {
  const shader = gl.createShader(kind);
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

function link(gl, vertex, fragment) {
  const program = gl.createProgram();
  gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, vertex));
  gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, fragment));
  ["place", "code", "shape", "later"].forEach((name, at) => gl.bindAttribLocation(program, at, name));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(program) ?? "The graphics processor refuses the map's program.");
  }
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  const names = Array.from({ length: count }, (_, at) => gl.getActiveUniform(program, at).name);
  return { program, at: Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)])) };
}

function texture(gl, filter) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, filter);
  return made;
}

export class Buffers {
  constructor(gl) {
    this.gl = gl;
    this.counted = Boolean(gl.getExtension("EXT_color_buffer_float") ?? gl.getExtension("EXT_color_buffer_half_float"));
    this.programs = {
      marks: link(gl, POINTS, MARKS),
      rings: link(gl, POINTS, RINGS),
      counts: link(gl, POINTS, COUNTS),
      density: link(gl, SCREEN, DENSITY),
    };
    this.places = gl.createBuffer();
    this.codes = gl.createBuffer();
    this.shapes = gl.createBuffer();
    this.later = gl.createBuffer();
    this.chosen = gl.createBuffer();
    this.shown = gl.createBuffer();
    this.chosenCount = 0;
    this.palette = texture(gl, gl.NEAREST);
    this.counts = texture(gl, gl.LINEAR);
    this.target = gl.createFramebuffer();
    this.size = [0, 0];
    gl.enable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
  }

  #whole(buffer, values, location, parts, kind) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(location);
    if (kind === gl.UNSIGNED_BYTE) gl.vertexAttribIPointer(location, parts, kind, 0, 0);
    else gl.vertexAttribPointer(location, parts, kind, true, 0, 0);
  }

  setPlaces(values, axes) {
    this.#whole(this.places, values, 0, axes, this.gl.UNSIGNED_SHORT);
  }

  // The places that the points move to; null for none.
  setLater(values, axes) {
    if (values) this.#whole(this.later, values, 3, axes, this.gl.UNSIGNED_SHORT);
    else this.gl.disableVertexAttribArray(3);
  }

  setCodes(values) {
    this.#whole(this.codes, values, 1, 1, this.gl.UNSIGNED_BYTE);
  }

  setShapes(values) {
    this.#whole(this.shapes, values, 2, 1, this.gl.UNSIGNED_BYTE);
  }

  // 256 colours of four bytes; an opacity of 0 hides the points of that code.
  setPalette(colours) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
  }

  setChosen(points) {
    const { gl } = this;
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.chosen);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, points, gl.STATIC_DRAW);
    this.chosenCount = points.length;
  }

  // A few points that alone are drawn, because no other is in view.
  setShown(points) {
    const { gl } = this;
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.shown);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, points, gl.DYNAMIC_DRAW);
  }

  // The picture that counts points; half as fine as the screen.
  resize(width, height) {
    const { gl } = this;
    const size = [Math.ceil(width / 2), Math.ceil(height / 2)];
    if (!this.counted || (size[0] === this.size[0] && size[1] === this.size[1])) return;
    this.size = size;
    gl.bindTexture(gl.TEXTURE_2D, this.counts);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, ...size, 0, gl.RGBA, gl.HALF_FLOAT, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.counts, 0);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) this.counted = false;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }
}
