// Warns one minute before an idle session ends, and keeps it while somebody is really at work.
const MINUTE = 60;
const PING = 5 * MINUTE; // seconds between two signs of life while somebody types or points
const panes = document.querySelector(".panes");
const dialog = document.getElementById("idle");
let length = 30 * MINUTE;
let ends = 0;
let seen = 0;

export function stayed() {
  seen = now();
  ends = seen + length;
  if (dialog.open) dialog.close();
}

export function startIdle() {
  seen = now();
  ends = seen + Number(panes.dataset.idle);
  for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, () => { if (!dialog.open && now() - seen > PING) stay(); }, { passive: true });
  }
  document.getElementById("idle-stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", stay);
  setInterval(tick, 1000);
}

const now = () => Date.now() / 1000;

async function stay() {
  seen = now();
  const answer = await fetch("/session", {
    method: "POST",
    body: new URLSearchParams({ csrf: panes.dataset.csrf }),
    headers: { Accept: "application/json" },
    redirect: "manual",
  });
  if (!answer.ok) { location.href = "/login?expired"; return; }
  length = (await answer.json()).idle_seconds;
  stayed();
}

function tick() {
  const left = Math.round(ends - now());
  if (left <= 0) location.href = "/login?expired";
  else if (left <= MINUTE) {
    document.getElementById("idle-left").textContent = left === MINUTE ? dialog.dataset.minute : dialog.dataset.seconds.replace("{n}", left);
    if (!dialog.open) dialog.showModal();
  }
}
