// Editing an answer: rows are added, moved and taken out in place, and what messengers show follows the
// typing. Without this script the same buttons send the form. Saving is autosave.js.
const PAUSE = 400; // ms

const form = document.getElementById("answer-form");
const shown = document.getElementById("preview");
const tabs = document.querySelectorAll(".shown [data-channel]");
let channel = shown.querySelector("[data-channel]").dataset.channel;
let timer = 0;
let asked = 0;

async function look() {
  const mine = ++asked;
  const answer = await fetch(`${form.dataset.preview}?channel=${encodeURIComponent(channel)}`, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { "X-Background": "1" },
  });
  if (answer.ok && mine === asked) shown.innerHTML = await answer.text();
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    channel = tab.dataset.channel;
    for (const each of tabs) each.toggleAttribute("aria-current", false);
    tab.setAttribute("aria-current", "page");
    look();
  });
}

form.addEventListener("click", (event) => {
  const button = event.target.closest('button[name="do"]');
  const [kind, step, place] = (button?.value ?? "").split(":");
  const list = kind && form.querySelector(`[data-rows="${kind}"]`);
  if (!list || (step === "add" && !list.children.length)) return; // the server draws the first row
  event.preventDefault();
  const row = list.children[Number(place)];
  let focus = row;
  if (step === "add") {
    focus = list.lastElementChild.cloneNode(true);
    for (const input of focus.querySelectorAll("input")) forget(input);
    list.append(focus);
  } else if (step === "up") {
    list.insertBefore(row, row.previousElementSibling);
  } else if (step === "down") {
    list.insertBefore(row.nextElementSibling, row);
  } else {
    focus = row.nextElementSibling ?? row.previousElementSibling;
    if (focus) row.remove();
    else for (const input of row.querySelectorAll("input")) forget(input);
  }
  number(list);
  (focus ?? row).querySelector("input").focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
});

function forget(input) {
  input.value = "";
  input.removeAttribute("aria-invalid");
  input.removeAttribute("aria-describedby");
  for (const told of input.closest("li").querySelectorAll("p")) told.remove();
}

// Ids, labels and buttons name the place of their row: all of them end in, or hold, its number.
function number(list) {
  [...list.children].forEach((row, place) => {
    const last = place === list.children.length - 1;
    for (const label of row.querySelectorAll("label")) {
      const input = document.getElementById(label.htmlFor) && row.querySelector(`[id="${label.htmlFor}"]`);
      if (input) input.id = label.htmlFor = label.htmlFor.replace(/\d+$/, place);
      label.textContent = label.textContent.replace(/\d+/, place + 1);
    }
    for (const button of row.querySelectorAll("button")) {
      const [kind, step] = button.value.split(":");
      button.value = `${kind}:${step}:${place}`;
      button.setAttribute("aria-label", button.getAttribute("aria-label").replace(/\d+/, place + 1));
      button.disabled = (step === "up" && place === 0) || (step === "down" && last);
    }
  });
}
