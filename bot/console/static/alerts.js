// A notification and a sound when somebody new waits; both are off until a person turns them on here.
const told = document.getElementById("alert-told");
const notify = document.getElementById("alert-notify");
const sound = document.getElementById("alert-sound");
const ONCE = 3000; // ms in which several open pages of one browser make one sound
let audio;

export function startAlerts() {
  document.getElementById("alerts").hidden = false;
  notify.checked = localStorage.getItem("notify") === "on" && allowed();
  sound.checked = localStorage.getItem("sound") === "on";
  notify.addEventListener("change", async () => {
    told.textContent = "";
    if (notify.checked && !(await ask())) notify.checked = false;
    localStorage.setItem("notify", notify.checked ? "on" : "off");
  });
  sound.addEventListener("change", () => {
    localStorage.setItem("sound", sound.checked ? "on" : "off");
    if (sound.checked) play();
  });
  // Browsers let a page sound only after somebody has touched it.
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => audio?.resume(), { passive: true });
}

export function ring(row) {
  if (notify.checked && allowed()) {
    const words = new DOMParser().parseFromString(row.html, "text/html").querySelector(".who");
    const shown = new Notification(told.dataset.title, {
      body: [...words.children].map((part) => part.textContent).join(" · "), // nothing that the citizen said
      tag: `waiting-${row.id}`, // one for all open pages
      icon: "/static/icon.svg",
    });
    shown.addEventListener("click", () => { focus(); location.href = `/conversations/${row.id}`; });
  }
  const last = Number(localStorage.getItem("rang") || 0);
  if (!sound.checked || Math.abs(Date.now() - last) < ONCE) return;
  localStorage.setItem("rang", Date.now());
  play();
}

const allowed = () => "Notification" in window && Notification.permission === "granted";

async function ask() {
  if (!("Notification" in window)) { told.textContent = told.dataset.missing; return false; }
  const answer = await Notification.requestPermission();
  if (answer !== "granted") told.textContent = told.dataset.denied;
  return answer === "granted";
}

// Two short tones, the second higher.
function play() {
  audio ||= new AudioContext();
  audio.resume();
  [[660, 0], [880, 0.18]].forEach(([pitch, after]) => {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    const start = audio.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, start);
    loudness.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
    tone.connect(loudness).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.32);
  });
}
