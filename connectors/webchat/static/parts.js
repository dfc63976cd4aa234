/* The parts of a message: text, card, picture, buttons. */

import { AWAY, PHONE, element, icon } from "./element.js";
import { languageOf } from "./language.js";
import { link, prose, safeUrl } from "./prose.js";

function button({ label, payload, url }, choose) {
  if (url) {
    const chip = link(url, label, { class: "chip" });
    chip.append(icon(url.startsWith("tel:") ? PHONE : AWAY));
    return chip;
  }
  const chip = element("button", { type: "button", class: "chip", lang: languageOf(label) }, label);
  let tapped = 0;
  chip.addEventListener("click", () => {
    if (Date.now() - tapped < 1000) return; // a double tap is one choice
    tapped = Date.now();
    chip.classList.add("chosen");
    choose({ label, payload });
  });
  return chip;
}

export function buttons(list, choose, label = "고를 수 있는 것") {
  return element("ul", { class: "buttons", "aria-label": label }, ...list.map((one) => element("li", {}, button(one, choose))));
}

function fact({ label, value, url }) {
  const open = /^지금 (?:열려|운영)/u.test(value);
  const shown = url ? link(url, value) : prose(value).firstElementChild?.childNodes ?? [];
  return [element("dt", {}, label), element("dd", { class: open && "open" }, ...(url ? [shown] : shown))];
}

function picture(address, kind) {
  const src = safeUrl(address);
  return src && element("img", { class: `picture ${kind}`, src, alt: kind ? "안내 그림" : "", loading: "lazy", referrerpolicy: "no-referrer" });
}

function card({ title, text, facts, image_url, buttons: list }, choose) {
  const box = element("article", { class: "card" }, picture(image_url, ""), element("h2", { class: "title", lang: languageOf(title) }, title));
  if (text) box.append(prose(text));
  if (facts.length) box.append(element("dl", { class: "facts" }, ...facts.flatMap(fact)));
  if (list.length) box.append(buttons(list, choose, `${title}에서 고를 수 있는 것`));
  return box;
}

export function part(one, choose) {
  if (one.kind === "text") return element("div", { class: "bubble" }, prose(one.text));
  if (one.kind === "card") return card(one, choose);
  if (one.kind === "image") return picture(one.url, "alone");
  if (one.kind === "buttons") return buttons(one.buttons, choose);
  return null; // a kind that a newer server knows
}
