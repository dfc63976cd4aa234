// Suggestions and canned replies above the reply box: fetched when they are opened, put in by a click.
const help = document.getElementById("help");
const list = document.getElementById("help-list");
const news = document.getElementById("help-news");
const UNFILLED = /\{[^{}]+\}/; // a place that has no value here
let query = "";
let planned = 0;

async function load() {
  planned = 0;
  try {
    const asked = new URLSearchParams({ part: "list", q: query });
    const answer = await fetch(`${help.dataset.help}?${asked}`, { headers: { "X-Background": "1" } });
    if (!answer.ok) throw new Error(answer.status);
    const typing = list.contains(document.activeElement) && document.activeElement.id;
    list.innerHTML = await answer.text();
    if (typing) document.getElementById(typing)?.focus();
  } catch {
    news.textContent = list.textContent = help.dataset.missed;
  }
}

function put(text) {
  const box = document.getElementById("text");
  const before = box.value.slice(0, box.selectionStart);
  const gap = before && !/\s$/.test(before) ? "\n" : "";
  box.setRangeText(gap + text, box.selectionStart, box.selectionEnd, "end");
  const place = UNFILLED.exec(box.value);
  box.focus();
  if (place) box.setSelectionRange(place.index, place.index + place[0].length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
  news.textContent = help.dataset.put;
}

if (help && !help.dataset.ready) {
  help.dataset.ready = "1";
  help.addEventListener("toggle", () => { if (help.open) load(); });
  help.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-insert]");
    if (pick) put(pick.dataset.insert);
  });
  help.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-help-search]")) return;
    event.preventDefault();
    query = event.target.elements.q.value;
    load();
  });
  const lines = document.getElementById("lines");
  new MutationObserver(() => {
    if (help.open && !query && !planned) planned = setTimeout(load, 600);
  }).observe(lines, { childList: true });
}
