// The board: puts rows where they belong, marks what is new for this person, counts.
import { ring } from "./alerts.js";
import { merge } from "./merge.js";

const TICK = 20_000; // ms between two looks at the waiting times
const MARKED = ["waiting", "mine"]; // where everything unseen is marked
const board = document.getElementById("board");
const news = document.getElementById("news");
const panes = document.querySelector(".panes");
const talk = document.querySelector("[data-live][data-conversation]");
const ahead = Date.parse(board.dataset.now) - Date.now(); // the server's clock, as seen from ours
const me = Number(board.dataset.me);
let told = ""; // the newest version that came as an event

export const version = () => told || document.getElementById("version").dataset.version;

export function startBoard() {
  count();
  setInterval(tick, TICK);
  document.addEventListener("visibilitychange", read);
}

export function update({ rows, gone }, { quiet = false } = {}) {
  const focused = document.activeElement;
  const before = waiting();
  const arrived = [];
  for (const id of gone) remove(document.getElementById(`row-${id}`));
  for (const row of rows) {
    if (put(row) && row.group === "waiting") arrived.push(row);
  }
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  count();
  if (quiet || !arrived.length) return;
  if (waiting() > before) news.textContent = news.dataset.waiting.replace("{n}", waiting());
  ring(arrived.at(-1));
}

export function saw(id, seq) {
  const item = document.getElementById(`row-${id}`);
  if (!item) return;
  item.dataset.seen = Math.max(seq, Number(item.dataset.seen || 0));
  mark(item);
}

export async function refreshBoard() {
  const answer = await fetch(board.dataset.list, { headers: { "X-Background": "1" } });
  if (answer.status === 401) return false;
  if (!answer.ok) return true;
  const fresh = board.cloneNode(false);
  fresh.innerHTML = await answer.text();
  merge(board, fresh);
  told = "";
  count();
  return true;
}

const waiting = () => document.querySelectorAll("#shelf-waiting .row").length;
const shelfOf = (row) => (row.group !== "operator" ? row.group : row.operator === me ? "mine" : "others");

// True when the row has come to where it stands now from elsewhere.
function put(row) {
  const known = document.getElementById(`row-${row.id}`);
  const shelf = wanted(row) && document.getElementById(`shelf-${shelfOf(row)}`);
  if (!shelf || (!known && board.dataset.paged !== undefined)) { remove(known); return false; }
  const item = known || made(row.id);
  const moved = item.closest(".shelf") !== shelf;
  const first = item.dataset.at !== String(row.at) || moved;
  item.className = `row ${row.group}`;
  item.dataset.at = row.at;
  item.dataset.heard = row.heard;
  const link = item.firstElementChild;
  link.replaceChildren(link.firstElementChild);
  link.insertAdjacentHTML("beforeend", row.html);
  if (first) {
    place(item, shelf);
    item.classList.add("fresh");
    item.addEventListener("animationend", () => item.classList.remove("fresh"), { once: true });
  }
  mark(item);
  if (talk && Number(talk.dataset.conversation) === row.id) read();
  return moved;
}

const wanted = (row) => (!board.dataset.channel || board.dataset.channel === row.channel)
  && (board.dataset.flagged === undefined || row.moods !== "");

function made(id) {
  const item = document.createElement("li");
  item.id = `row-${id}`;
  item.dataset.key = `c${id}`;
  const link = document.createElement("a");
  link.id = `c${id}`;
  link.href = `/conversations/${id}`;
  if (board.dataset.selected === String(id)) link.setAttribute("aria-current", "page");
  link.innerHTML = '<span class="dot"><span class="hide"></span></span>';
  link.querySelector(".hide").textContent = board.dataset.unread;
  item.append(link);
  return item;
}

// Who waits longest stands first, elsewhere what happened last.
function place(item, shelf) {
  const list = shelf.querySelector(".rows");
  const at = Number(item.dataset.at);
  const longest = shelf.id === "shelf-waiting";
  let next = list.firstElementChild;
  while (next && (next === item || (longest ? Number(next.dataset.at) <= at : Number(next.dataset.at) > at))) {
    next = next.nextElementSibling;
  }
  list.insertBefore(item, next);
  while (list.children.length > Number(shelf.dataset.most)) list.lastElementChild.remove();
}

function remove(item) {
  if (item && !item.contains(document.activeElement)) item.remove();
  else if (item) {
    const next = item.nextElementSibling || item.previousElementSibling;
    item.remove();
    (next?.firstElementChild || board).focus({ preventScroll: true });
  }
}

function mark(item) {
  const { heard, seen } = item.dataset;
  const shelf = item.closest(".shelf").id.slice("shelf-".length);
  const unread = seen === undefined ? MARKED.includes(shelf) : Number(heard) > Number(seen);
  item.classList.toggle("unread", unread);
}

// What stands in the open transcript has been seen, when somebody looks at it.
function read() {
  const item = talk && document.getElementById(`row-${talk.dataset.conversation}`);
  if (!item || document.hidden || !(Number(item.dataset.heard) > Number(item.dataset.seen || 0))) return;
  const seq = item.dataset.heard;
  saw(Number(talk.dataset.conversation), Number(seq));
  fetch(`/conversations/${talk.dataset.conversation}/seen`, {
    method: "POST",
    body: new URLSearchParams({ csrf: panes.dataset.csrf, seq }),
    headers: { "X-Background": "1", Accept: "application/json" },
  }).catch(() => { item.dataset.seen = 0; }); // the next line tries again
}

function count() {
  for (const shelf of board.querySelectorAll(".shelf")) {
    const name = shelf.id.slice("shelf-".length);
    const rows = shelf.querySelectorAll(".row").length;
    const text = `${rows}${rows >= Number(shelf.dataset.most) ? "+" : ""}`;
    shelf.querySelector(".none").hidden = rows > 0;
    if (name === "others") shelf.hidden = rows === 0;
    for (const place of [shelf.querySelector(".count"), document.querySelector(`[data-jump="${name}"] .count`)]) {
      if (place && place.textContent !== text) place.textContent = text;
    }
  }
  const people = waiting();
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = people ? `(${people}) ${title}` : title;
}

function tick() {
  for (const place of board.querySelectorAll(".wait")) {
    const minutes = Math.floor((Date.now() + ahead - Date.parse(place.dataset.since)) / 60_000);
    const [h, m] = [Math.floor(minutes / 60), minutes % 60];
    const { just, minutes: few, hours, both } = board.dataset;
    const text = (minutes < 1 ? just : !h ? few : m ? both : hours).replace("{h}", h).replace("{m}", m);
    if (place.textContent !== text) place.textContent = text;
  }
}
