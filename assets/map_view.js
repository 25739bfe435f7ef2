// Keeps the zoom of a chart. Streamlit draws a chart anew when its figure changes, and with it plotly's own memory of
// the zoom is lost. This remembers the ranges, or the camera in 3-D, and gives them to the new chart.
const kept = (window.mmalignMapViews ??= {});

function ranges(plot) {
  const { xaxis, yaxis, scene } = plot._fullLayout;
  if (scene) return { camera: scene._scene.getCamera() };
  return xaxis.autorange === false ? { x: [...xaxis.range], y: [...yaxis.range] } : null;
}

// The button that resets the axes goes to the ranges that the axes began with: for one click these are the kept ones.
function restore(plot, view) {
  const { xaxis, yaxis, scene } = plot._fullLayout;
  if (view.camera) {
    if (scene) scene._scene.setViewport({ ...scene, camera: view.camera });
    return;
  }
  const button = plot.querySelector('.modebar-btn[data-attr="zoom"][data-val="reset"]');
  if (!button || !xaxis) return;
  const axes = [[xaxis, view.x], [yaxis, view.y]];
  const began = axes.map(([axis]) => [axis._rangeInitial0, axis._rangeInitial1]);
  for (const [axis, range] of axes) [axis._rangeInitial0, axis._rangeInitial1] = range;
  button.click();
  axes.forEach(([axis], place) => ([axis._rangeInitial0, axis._rangeInitial1] = began[place]));
}

const drawn = (plot) => {
  const layout = plot?._fullLayout;
  return layout && plot.on && (layout.scene ? layout.scene._scene?.glplot : layout.xaxis?.range);
};

function follow(state) {
  const plot = document.querySelector(`.st-key-${state.chart} .js-plotly-plot`);
  if (!plot || plot === state.plot) return;
  if (!drawn(plot)) {
    requestAnimationFrame(() => follow(state));
    return;
  }
  state.plot = plot;
  if (state.view && state.revision === state.of) restore(plot, state.view);
  const remember = () => {
    state.view = ranges(plot);
    state.of = state.revision;
  };
  plot.on("plotly_relayout", remember);
}

export default function (component) {
  const { chart, revision } = component.data;
  const state = (kept[chart] ??= { chart });
  state.revision = revision;
  state.watch?.disconnect();
  state.watch = new MutationObserver(() => follow(state));
  state.watch.observe(document.body, { childList: true, subtree: true });
  follow(state);
  return () => state.watch.disconnect();
}
