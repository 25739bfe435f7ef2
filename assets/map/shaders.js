// What the graphics processor runs. Points are drawn as marks, as rings, or counted; counts become a picture of density.
export const POINTS = `#version 300 es
in vec3 place;
in vec3 later;
in uint code;
in uint shape;
uniform mat4 view;
uniform float size;
uniform float between;
uniform float depth; // 0: all of one size; else the distance at which a point has its size
uniform sampler2D palette;
flat out vec4 tint;
flat out uint mark;
flat out float pixels;
void main() {
  tint = texelFetch(palette, ivec2(int(code), 0), 0);
  mark = shape;
  gl_Position = tint.a > 0.0 ? view * vec4(mix(place, later, between), 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  pixels = depth > 0.0 ? clamp(size * depth / gl_Position.w, 1.0, 4.0 * size) : size;
  gl_PointSize = pixels;
}`;

// Shapes: 0 circle, 1 square, 2 diamond, 3 cross, 4 saltire.
export const MARKS = `#version 300 es
precision mediump float;
flat in vec4 tint;
flat in uint mark;
flat in float pixels;
uniform float alpha;
out vec4 colour;
float reach(vec2 p) {
  vec2 a = abs(p);
  if (mark == 1u) return max(a.x, a.y) * 1.12;
  if (mark == 2u) return a.x + a.y;
  if (mark == 3u) return max(max(a.x, a.y), min(a.x, a.y) * 2.6);
  if (mark == 4u) return max((a.x + a.y) * 0.72, abs(a.x - a.y) * 2.6);
  return length(p);
}
void main() {
  float cover = 1.0;
  if (pixels > 3.0) {
    float soft = 2.0 / pixels;
    cover = 1.0 - smoothstep(1.0 - soft, 1.0, reach(gl_PointCoord * 2.0 - 1.0));
    if (cover <= 0.0) discard;
  }
  float a = tint.a * alpha * cover;
  colour = vec4(tint.rgb * a, a);
}`;

export const RINGS = `#version 300 es
precision mediump float;
flat in vec4 tint;
flat in uint mark;
flat in float pixels;
uniform vec3 ink;
out vec4 colour;
void main() {
  float away = length(gl_PointCoord * 2.0 - 1.0);
  float thick = 3.2 / pixels;
  float soft = 1.6 / pixels;
  float a = smoothstep(1.0 - thick - soft, 1.0 - thick, away) * (1.0 - smoothstep(1.0 - soft, 1.0, away));
  if (a <= 0.0) discard;
  colour = vec4(ink * a, a);
}`;

export const COUNTS = `#version 300 es
precision mediump float;
flat in vec4 tint;
flat in uint mark;
flat in float pixels;
out vec4 colour;
void main() {
  colour = vec4(tint.rgb, 1.0);
}`;

export const SCREEN = `#version 300 es
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  at = (corner + 1.0) / 2.0;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

// A single point stays visible: "least" is its opacity. Opacity grows by the logarithm of the count, so that the rim and
// the middle of a group differ; it is full at a typical count, where "gain" times the count is 2.
export const DENSITY = `#version 300 es
precision highp float;
in vec2 at;
uniform sampler2D counts;
uniform float gain;
uniform float least;
out vec4 colour;
void main() {
  vec4 found = texture(counts, at);
  if (found.a < 0.01) discard;
  float a = least * min(1.0, found.a) + (1.0 - least) * min(1.0, log(1.0 + 4.0 * found.a * gain) / log(9.0));
  colour = vec4(found.rgb / found.a * a, a);
}`;
