// Keeps the list of replies that wait as it is now: somebody else may decide, citizens go on asking.
import { merge } from "./merge.js";

const PAUSE = 300; // ms between two looks at most
const EVERY = 15_000; // ms; also when no news comes
const list = document.getElementById("approvals");
const news = document.getElementById("approvals-news");
let planned = 0;

const waiting = () => list.querySelectorAll(".approval").length;

async function look() {
  planned = 0;
  const answer = await fetch(list.dataset.live, { headers: { "X-Background": "1" } });
  if (answer.status === 401) { location.href = "/login?expired"; return; }
  if (!answer.ok) return;
  const fresh = list.cloneNode(false);
  fresh.innerHTML = await answer.text();
  const before = waiting();
  const kept = new Set([...fresh.children].map((child) => child.dataset.key));
  merge(list, fresh);
  drop(kept);
  if (waiting() > before) news.textContent = news.dataset.waiting.replace("{n}", waiting());
}

// merge() leaves what has words in it; what is decided goes all the same unless it is being written in.
function drop(kept) {
  for (const child of [...list.children]) {
    if (!kept.has(child.dataset.key) && !child.contains(document.activeElement)) child.remove();
  }
}

function soon() {
  if (!planned) planned = setTimeout(() => look().catch(() => {}), PAUSE);
}

const events = new EventSource("/events");
for (const name of ["ready", "news", "rows"]) events.addEventListener(name, soon);
events.addEventListener("expired", () => { location.href = "/login?expired"; });
setInterval(soon, EVERY);
