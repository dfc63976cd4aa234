// Beside the transcript: the citizen sees that an operator writes, the operator that the citizen does.
const EVERY = 4000; // ms between two signs to the citizen; messengers show one for five seconds at least
const LASTS = 6000; // ms for which a sign of the citizen is shown
const talk = document.querySelector("[data-conversation]");
let shownAt = 0;
let silence = 0;

document.addEventListener("input", (event) => {
  const box = event.target;
  if (!box.dataset.typing || !box.value.trim() || Date.now() - shownAt < EVERY) return;
  shownAt = Date.now();
  const csrf = box.form.elements.csrf.value;
  fetch(box.dataset.typing, {
    method: "POST",
    body: new URLSearchParams({ csrf }),
    headers: { Accept: "application/json" },
  }).catch(() => {}); // a sign that is lost is followed by the next one
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "reply-form") shownAt = 0;
});

document.addEventListener("sotong:news", ({ detail }) => {
  if (detail.kind !== "typing" || detail.conversation_id !== Number(talk.dataset.conversation)) return;
  const line = document.getElementById("citizen-typing");
  clearTimeout(silence);
  line.textContent = detail.on ? line.dataset.words : "";
  if (detail.on) silence = setTimeout(() => { line.textContent = ""; }, LASTS);
});
