// Keeps the open page up to date. The server tells which rows of the board changed, and how they look
// now; the open transcript is fetched again when something in that conversation changed, and merged into
// the page without moving focus, scroll or typed text.
import { startAlerts } from "./alerts.js";
import { refreshBoard, saw, startBoard, update, version } from "./board.js";
import { startIdle, stayed } from "./idle.js";
import { startKeys } from "./keys.js";
import { merge } from "./merge.js";
import { startReply } from "./reply.js";

const PAUSE = 300; // ms between two looks at the transcript at most
const MINUTE = 60_000;
const status = document.getElementById("connection");
const talk = document.querySelector("[data-live][data-conversation]");
let planned = 0;
let running = false;
let again = false;

async function refresh() {
  planned = 0;
  if (!talk) return;
  if (running) { again = true; return; }
  running = true;
  try {
    const answer = await fetch(talk.dataset.live, { headers: { "X-Background": "1" } });
    if (answer.status === 401) { location.href = "/login?expired"; return; }
    if (answer.status === 404) { location.href = "/"; return; }
    if (answer.ok) put(await answer.text());
  } catch {
    missed();
  } finally {
    running = false;
    if (again) { again = false; soon(); }
  }
}

function soon() {
  if (!planned) planned = setTimeout(refresh, PAUSE);
}

function missed() {
  status.textContent = status.dataset.missed;
  status.hidden = false;
}

function put(html) {
  const fresh = talk.cloneNode(false);
  fresh.innerHTML = html;
  const follow = atEnd(document.getElementById("lines"));
  merge(talk, fresh);
  if (follow) toEnd(document.getElementById("lines"));
}

const scrolls = (lines) => getComputedStyle(lines).overflowY === "auto";

function atEnd(lines) {
  const box = scrolls(lines) ? lines : document.scrollingElement;
  return box.scrollHeight - box.scrollTop - box.clientHeight < 120;
}

function toEnd(lines) {
  const box = scrolls(lines) ? lines : document.scrollingElement;
  box.scrollTop = box.scrollHeight;
}

async function everything() {
  try {
    if (!(await refreshBoard())) { location.href = "/login?expired"; return; }
  } catch {
    missed();
  }
  soon();
}

const ours = (id) => talk && Number(talk.dataset.conversation) === id;

function listen() {
  const events = new EventSource(`/events?since=${encodeURIComponent(version())}`);
  let broken = false;
  events.addEventListener("ready", () => {
    status.hidden = true;
    if (broken) soon();
    broken = false;
  });
  events.addEventListener("rows", (event) => {
    const told = JSON.parse(event.data);
    update(told);
    if (told.rows.some((row) => ours(row.id)) || told.gone.some(ours)) soon();
  });
  events.addEventListener("news", (event) => {
    const told = JSON.parse(event.data);
    if (told.kind === "seen") saw(told.conversation, told.seq);
    else if (ours(told.conversation_id)) soon();
    document.dispatchEvent(new CustomEvent("sotong:news", { detail: told }));
  });
  events.addEventListener("stale", everything);
  events.addEventListener("expired", () => { location.href = "/login?expired"; });
  events.onerror = () => {
    broken = true;
    status.textContent = status.dataset.lost;
    status.hidden = false;
    // The browser tries again by itself unless the server refused. Then a look at the board finds out
    // whether we are logged out, and if not we try again.
    if (events.readyState === EventSource.CLOSED) { everything(); setTimeout(listen, 5000); }
  };
  addEventListener("pagehide", () => events.close(), { once: true });
}

const lines = document.getElementById("lines");
if (lines && !location.hash.startsWith("#line-")) toEnd(lines);
setTimeout(() => document.getElementById("toast")?.remove(), 6000);
startReply(() => { stayed(); soon(); });
startIdle();
startAlerts();
startBoard();
startKeys();
listen();
setInterval(soon, MINUTE); // what says for how long somebody waits grows old too
