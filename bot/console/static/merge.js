// Makes a region look like a freshly fetched copy while touching only what differs.
//   data-key   names a child among its siblings
//   data-sync  the children of this element are compared one by one
//   data-keep  this element stays as it is (somebody may be typing in it)

export function merge(old, fresh) {
  const focused = document.activeElement;
  sync(old, fresh);
  if (focused && focused !== document.activeElement) {
    const back = focused.isConnected ? focused : focused.id && document.getElementById(focused.id);
    if (back) back.focus({ preventScroll: true });
  }
}

function sync(old, fresh) {
  const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
  let place = old.firstElementChild;
  for (const child of [...fresh.children]) {
    const same = known.get(child.dataset.key);
    if (!same) {
      old.insertBefore(child, place);
      flash(child);
      continue;
    }
    known.delete(child.dataset.key);
    if (same === place) place = place.nextElementSibling;
    else { old.insertBefore(same, place); flash(same); }
    unfold(same, child);
    if (same.hasAttribute("data-keep") || same.isEqualNode(child)) continue;
    if (same.hasAttribute("data-sync")) sync(same, child);
    else same.replaceWith(child);
  }
  for (const gone of known.values()) {
    if (!gone.querySelector("textarea")?.value) gone.remove(); // never lose typed words
  }
}

// What somebody has opened stays open in the fresh copy.
function unfold(old, fresh) {
  const copies = fresh.querySelectorAll("details");
  old.querySelectorAll("details").forEach((details, place) => {
    if (copies[place]) copies[place].open = details.open;
  });
}

function flash(element) {
  if (!element.matches(".row, .line")) return;
  element.classList.add("fresh");
  element.addEventListener("animationend", () => element.classList.remove("fresh"), { once: true });
}
