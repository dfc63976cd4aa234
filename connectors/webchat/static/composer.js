/* The box the citizen writes in. */

export function setUpComposer({ form, box, send, writing }) {
  const fit = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 3}px`;
  };
  let told = 0;
  box.addEventListener("input", () => {
    fit();
    if (Date.now() - told < 3000) return;
    told = Date.now();
    writing();
  });
  box.addEventListener("keydown", (event) => {
    // Enter also ends a Hangul syllable: 229 is what Safari calls that key
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    box.focus();
    if (!text) return;
    box.value = "";
    fit();
    send(text);
  });
  fit();
}
