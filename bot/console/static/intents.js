// Marking words: what is selected in the sentence goes into the form. And how many examples are chosen.
for (const form of document.querySelectorAll("[data-marking]")) {
  const sentence = form.querySelector("[data-select]");
  const take = () => {
    const { selectionStart: start, selectionEnd: end, value } = sentence;
    if (start === end) return;
    form.elements.start.value = start;
    form.elements.words.value = value.slice(start, end);
  };
  for (const event of ["select", "keyup", "mouseup"]) sentence.addEventListener(event, take);
  form.elements.words.addEventListener("input", () => { form.elements.start.value = ""; });
}

const told = document.querySelector("[data-picked]");
if (told) {
  const form = told.closest("form");
  const count = () => {
    const picked = form.querySelectorAll(".pick:checked").length;
    told.textContent = picked ? told.dataset.words.replace("{n}", picked) : "";
  };
  form.addEventListener("change", count);
  count();
}
