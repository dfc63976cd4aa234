// Saves a form while somebody writes: <form data-autosave="/path"> is posted there a second after the last
// key. The answer is {"version": 4, "saved": "…"} or, with any other status than 200, {"error": "…"}. The
// version goes into the form's hidden field of that name, the sentence into [data-saved]. The form still
// works without this script: its own button sends the same fields.
const PAUSE = 1000; // ms

for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);

function watch(form) {
  const told = form.querySelector("[data-saved]");
  let timer = 0;
  let running = Promise.resolve();
  let dirty = false;

  const save = async () => {
    timer = 0;
    dirty = false;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
      });
      const said = await answer.json();
      dirty ||= !answer.ok; // nothing typed is lost by leaving without being asked
      if (answer.ok && form.elements.version) form.elements.version.value = said.version;
      told.textContent = answer.ok ? said.saved : said.error;
      told.classList.toggle("wrong", !answer.ok);
    } catch {
      dirty = true;
      told.textContent = form.dataset.lost;
      told.classList.add("wrong");
    }
  };
  const later = () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => { running = running.then(save); }, PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => { clearTimeout(timer); dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
