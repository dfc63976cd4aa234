// Sends an operator's answer without leaving the page. Without JavaScript the form works by itself.

export function startReply(done) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id !== "reply-form") return;
    event.preventDefault();
    await send(form, done);
  });
  document.addEventListener("keydown", (event) => {
    // While a Hangul syllable is being composed, Enter only ends the syllable.
    if (event.target.id !== "text" || event.key !== "Enter") return;
    if (event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
}

async function send(form, done) {
  const button = form.querySelector("button");
  const text = form.elements.text;
  const problem = form.querySelector("[role=alert]");
  if (button.disabled) return;
  button.disabled = true;
  problem.hidden = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      redirect: "manual", // a redirect to the transcript means that it was sent
    });
    if (answer.type === "opaqueredirect") {
      text.value = "";
      done();
    } else {
      problem.textContent = (await answer.json()).error;
      problem.hidden = false;
    }
  } catch {
    problem.textContent = form.dataset.lost;
    problem.hidden = false;
  } finally {
    button.disabled = false;
    text.focus();
  }
}
