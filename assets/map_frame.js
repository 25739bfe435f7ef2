// Loads the map's modules by their address: they are sent once, and a rerun of the page sends this alone.
export default async function (component) {
  const { show } = await import(new URL(component.data.code, document.baseURI));
  return show(component);
}
