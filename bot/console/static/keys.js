// One key for what operators do all day. By the place of the key, so that they work in Hangul too; never while
// somebody types, and not at all when they are turned off in the overlay.
const SHELVES = { Digit1: "waiting", Digit2: "mine", Digit3: "bot", Digit4: "closed" };
const overlay = document.getElementById("keys");
const on = document.getElementById("keys-on");
const panes = document.querySelector(".panes");

export function startKeys() {
  const opener = document.getElementById("keys-open");
  opener.hidden = false;
  opener.addEventListener("click", () => overlay.showModal());
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && types(event.target)) { event.target.blur(); return; }
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (types(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });
}

const types = (target) => target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
const links = () => [...document.querySelectorAll("#board .row a")].filter((link) => link.offsetParent);
const chosen = () => document.activeElement?.closest?.("#board .row a");

function act(event) {
  if (event.code === "Slash") {
    if (event.shiftKey || event.key === "?") overlay.showModal();
    else document.getElementById("q").focus();
    return true;
  }
  if (event.shiftKey) return false;
  if (event.code in SHELVES) return enter(SHELVES[event.code]);
  switch (event.code) {
    case "KeyJ": return step(1);
    case "KeyK": return step(-1);
    case "KeyO": return open("");
    case "KeyC": return claim();
    case "KeyR": return reply();
    case "KeyU": location.href = "/"; return true;
    default: return false;
  }
}

function step(by) {
  const all = links();
  const at = all.indexOf(chosen() || document.querySelector('#board a[aria-current="page"]'));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.focus();
  return Boolean(next);
}

function enter(shelf) {
  const first = document.querySelector(`#shelf-${shelf} .row a`);
  first?.focus();
  return Boolean(first);
}

function open(where) {
  const link = chosen();
  if (link) location.href = link.href + where;
  return Boolean(link);
}

function claim() {
  const link = chosen();
  const here = document.querySelector('#reply form[action$="/claim"]');
  if (!link && here) { here.requestSubmit(); return true; }
  if (!link || panes.dataset.talk === undefined) return false;
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${new URL(link.href).pathname}/claim`;
  const token = document.createElement("input");
  Object.assign(token, { type: "hidden", name: "csrf", value: panes.dataset.csrf });
  form.append(token);
  document.body.append(form);
  form.requestSubmit();
  return true;
}

function reply() {
  const box = document.getElementById("text");
  if (!box) return open("#reply");
  box.focus();
  return true;
}
