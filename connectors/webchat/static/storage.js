/* What the browser keeps for the visitor. Where it keeps nothing (private frames), the page does. */

const PREFIX = "sotong.chat.";
const memory = new Map();

function shelf() {
  try {
    return window.localStorage;
  } catch {
    return null; // the browser denies storage to this frame
  }
}

export function read(key) {
  return memory.get(key) ?? shelf()?.getItem(PREFIX + key) ?? null;
}

export function write(key, value) {
  try {
    shelf()?.setItem(PREFIX + key, value);
    memory.delete(key);
    if (shelf()) return;
  } catch {
    // full: the page remembers it until it is closed
  }
  memory.set(key, value);
}

export function remove(key) {
  memory.delete(key);
  shelf()?.removeItem(PREFIX + key);
}

export function keys(start) {
  const store = shelf();
  const stored = store ? Object.keys(store).filter((key) => key.startsWith(PREFIX)) : [];
  const all = new Set([...stored.map((key) => key.slice(PREFIX.length)), ...memory.keys()]);
  return [...all].filter((key) => key.startsWith(start));
}

/* Calls back when another tab of this browser changed the key. */
export function watch(key, changed) {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + key) changed(event.newValue);
  });
}
