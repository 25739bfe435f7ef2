// Numbers come as gzipped files under an address that changes with their content. Each is fetched once in a tab: a
// rerun of the page that names the same address sends and reads nothing.
const MOST = 16; // files kept: positions, shapes, and a dozen colourings of one map
const kept = new Map();

async function read(address) {
  const answer = await fetch(new URL(address, document.baseURI), { cache: "force-cache" });
  if (!answer.ok) throw new Error(`The map's data are gone (${answer.status}). Reload the page.`);
  const unpacked = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
}

// Returns a promise of the file's ArrayBuffer. A file that failed is asked again the next time.
export function fetchBytes(address) {
  let found = kept.get(address);
  if (found) kept.delete(address);
  else found = read(address);
  kept.set(address, found);
  found.catch(() => kept.delete(address));
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  return found;
}
