// The map as a component of the page. Two parts share this module: the map itself, and the one that asks the server for
// labels and pictures, which may run again without the map.
import { Host } from "./host.js";

const hosts = new WeakMap(); // the element of a map -> its host
const named = new Map(); // the name of a map -> its host and how it asks: either may come first

const link = (name) => {
  if (!named.has(name)) named.set(name, { kept: {} });
  return named.get(name);
};

function connect({ host, ask }) {
  if (host) host.onAsk = ask;
}

function answers({ data, setTriggerValue }) {
  const pair = link(data.of);
  pair.ask = (question) => setTriggerValue("asked", question);
  connect(pair);
  if (data.answer) pair.host?.answer(data.answer);
  return () => {
    pair.ask = null;
    connect(pair);
  };
}

function map({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".map");
  const pair = link(data.name);
  if (!hosts.has(root)) hosts.set(root, new Host(root, data.name, pair.kept));
  const host = hosts.get(root);
  pair.host = host;
  connect(pair);
  const kept = new Set();
  host.update(data, setTriggerValue, (name, value) => {
    if (!kept.has(name) && !data.layers.every((layer) => layer.picture)) setStateValue(name, value);
    kept.add(name);
  });
  return () => {
    host.end();
    hosts.delete(root);
    if (pair.host === host) pair.host = null;
  };
}

// What the page's other scripts may ask of a map: it saves itself as an image.
window.mmalignMaps = { get: (name) => named.get(name)?.host };

export const show = (component) => (component.data.role === "answers" ? answers(component) : map(component));
