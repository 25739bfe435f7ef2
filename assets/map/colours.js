// Colours as bytes: a palette of 256 for the codes of the points, and the inks of what lies over them.
export function parts(hex) {
  const whole = parseInt(hex.slice(1), 16);
  return [whole >> 16, (whole >> 8) & 255, whole & 255];
}

// stops: hex colours at equal distances; share: 0 to 1.
function between(stops, share) {
  const at = share * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [one, two] = [parts(stops[low]), parts(stops[low + 1])];
  return one.map((part, place) => Math.round(part + (two[place] - part) * (at - low)));
}

// Colours of all codes as bytes. Codes of a scale go from 1 to 255; shows(code) says whether its points are seen.
export function palette({ palette: fixed, scale }, shows) {
  const found = new Uint8Array(4 * 256);
  for (let code = 0; code < 256; code += 1) {
    const hex = fixed[code];
    if (!hex && !scale) break;
    const colour = hex ? parts(hex) : between(scale.colours, (code - 1) / 254);
    found.set([...colour, shows(code) ? 255 : 0], 4 * code);
  }
  return found;
}

// What stands for the code: the name of its group, or its value on the scale.
export function wordOf({ groups, scale }, code) {
  const group = groups.find(({ codes: [from, to] }) => from <= code && code <= to);
  if (group || !scale) return group?.name ?? "";
  const at = scale.low + ((code - 1) / 254) * (scale.high - scale.low);
  const value = scale.logarithmic ? 10 ** at : at;
  return `${scale.title} ≈ ${Number(value.toPrecision(3)).toLocaleString("en", { useGrouping: Math.abs(value) >= 10000 })}`;
}

// The colours of the page's theme that lines and rings are drawn with.
export function inks(element) {
  const style = getComputedStyle(element);
  const of = (name, other) => style.getPropertyValue(name).trim() || other;
  const strong = of("--map-strong", "#7068EA");
  return {
    strong,
    strongParts: parts(strong).map((part) => part / 255),
    query: of("--map-query", "#E8A33D"),
    other: of("--map-other", "#8A94A3"),
    text: of("--st-text-color", "#1C2430"),
    background: of("--st-background-color", "#FFFFFF"),
  };
}
