// Keeps the open page up to date: when the server says that something happened, the regions marked
// data-live are fetched again and merged into the page without moving focus, scroll or typed text.
import { startIdle, stayed } from "./idle.js";
import { startReply } from "./reply.js";
import { merge } from "./merge.js";

const PAUSE = 300; // ms between two refreshes at most
const MINUTE = 60_000;
const status = document.getElementById("connection");
const news = document.getElementById("news");
let planned = 0;
let running = false;
let again = false;

async function refresh() {
  planned = 0;
  if (running) { again = true; return; }
  running = true;
  try {
    for (const region of document.querySelectorAll("[data-live]")) {
      const answer = await fetch(region.dataset.live, { headers: { "X-Background": "1" } });
      if (answer.status === 401) { location.href = "/login?expired"; return; }
      if (answer.status === 404 && region.dataset.conversation) { location.href = "/"; return; }
      if (!answer.ok) continue;
      const fresh = region.cloneNode(false);
      fresh.innerHTML = await answer.text();
      put(region, fresh);
    }
  } catch {
    status.textContent = status.dataset.missed;
    status.hidden = false;
  } finally {
    running = false;
    if (again) { again = false; soon(); }
  }
}

function soon() {
  if (!planned) planned = setTimeout(refresh, PAUSE);
}

function put(region, fresh) {
  const lines = region.querySelector("#lines");
  const follow = lines && atEnd(lines);
  const waiting = region.querySelectorAll(".row.waiting").length;
  merge(region, fresh);
  if (follow) toEnd(lines);
  if (!lines) announce(region.querySelectorAll(".row.waiting").length - waiting);
}

function announce(more) {
  const waiting = document.querySelectorAll(".row.waiting").length;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = `(${waiting}) ${document.title}`;
  if (more > 0) news.textContent = news.dataset.waiting.replace("{n}", waiting);
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

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("ready", () => { status.hidden = true; refresh(); });
  events.addEventListener("news", soon);
  events.addEventListener("expired", () => { location.href = "/login?expired"; });
  events.onerror = () => {
    status.textContent = status.dataset.lost;
    status.hidden = false;
    // The browser tries again by itself unless the server refused. Then a refresh finds out
    // whether we are logged out, and if not we try again.
    if (events.readyState === EventSource.CLOSED) { refresh(); setTimeout(listen, 5000); }
  };
  addEventListener("pagehide", () => events.close(), { once: true });
}

const lines = document.getElementById("lines");
if (lines && !location.hash.startsWith("#line-")) toEnd(lines);
setTimeout(() => document.getElementById("toast")?.remove(), 6000);
startReply(() => { stayed(); refresh(); });
startIdle();
announce(0);
listen();
setInterval(soon, MINUTE); // what says for how long somebody waits grows old too
