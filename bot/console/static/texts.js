// The text editor: line numbers, indenting with Tab (Esc lets Tab go again), and checks while typing.
const PAUSE = 600; // ms after the last key
const INDENT = "  ";

for (const form of document.querySelectorAll("[data-editor]")) edit(form);

function edit(form) {
  const area = form.querySelector("textarea[name=text]");
  const numbers = form.querySelector("[data-numbers]");
  const state = form.querySelector("[data-state]");
  const problems = document.querySelector("[data-problems]");
  const flow = document.querySelector("[data-flow]");
  let marked = {};
  let leaving = false;
  let timer = 0;
  let asked = 0;
  let dirty = false;

  const number = () => {
    const count = area.value.split("\n").length;
    numbers.replaceChildren(...Array.from({ length: count }, (_, at) => {
      const line = document.createElement(marked[at + 1] ? "b" : "span");
      line.textContent = `${at + 1}\n`;
      return line;
    }));
    numbers.scrollTop = area.scrollTop;
  };

  const check = async () => {
    const mine = ++asked;
    if (state) state.textContent = form.dataset.checking;
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(answer.status);
      const said = await answer.json();
      if (mine !== asked) return; // something was typed meanwhile
      problems.innerHTML = said.problems;
      flow.innerHTML = said.flow;
      marked = said.lines;
      number();
      if (state) state.textContent = "";
    } catch {
      if (state) state.textContent = form.dataset.lost;
    }
  };

  const put = (text, start, end, from, to) => {
    area.setRangeText(text, start, end, "preserve");
    area.setSelectionRange(from, to);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  area.addEventListener("input", () => {
    dirty = true;
    number();
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  });
  area.addEventListener("scroll", () => { numbers.scrollTop = area.scrollTop; });
  area.addEventListener("blur", () => { leaving = false; });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key !== "Tab" || leaving || area.readOnly || event.ctrlKey || event.altKey) {
      if (event.key !== "Tab" && event.key !== "Shift") leaving = false;
      return;
    }
    event.preventDefault();
    const { selectionStart: start, selectionEnd: end, value } = area;
    const first = value.lastIndexOf("\n", start - 1) + 1;
    if (!event.shiftKey && start === end) {
      put(INDENT, start, end, start + INDENT.length, start + INDENT.length);
      return;
    }
    const block = value.slice(first, end);
    const changed = event.shiftKey ? block.replace(/^ {1,2}/gm, "") : block.replace(/^/gm, INDENT);
    const shift = event.shiftKey ? Math.max(first, start - (block.match(/^ {1,2}/)?.[0].length ?? 0)) : start + INDENT.length;
    put(changed, first, end, shift, end + changed.length - block.length);
  });
  problems.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    const lines = area.value.split("\n");
    const at = Math.min(Number(link.dataset.line), lines.length) - 1;
    const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + lines[at].length);
    area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, at - 4);
  });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  number();
}
