/* Plain text as paragraphs and lists, with links and phone numbers that can be tapped. */

import { element } from "./element.js";
import { languageOf } from "./language.js";

const URL_PART = "https?:\\/\\/[\\x21\\x23-\\x3b\\x3d\\x3f-\\x7e]+";
const PHONE_PART = "(?<![\\d-])(?:0\\d{1,2}[-. ]\\d{3,4}[-. ]\\d{4}|1[568]\\d{2}-\\d{4})(?![\\d-])";
const SHORT_PART = "(?<![\\d,.-])(?:112|119|109|110|120|1330|1345|1388)(?=번(?!째)|(?:으)?로 (?:전화|연락|신고)|에 (?:전화|연락|신고))";
const TAPPABLE = new RegExp(`(${URL_PART})|(${PHONE_PART})|(${SHORT_PART})`, "gu");

/* The address if a link may lead there, else null. */
export function safeUrl(address) {
  if (typeof address !== "string") return null;
  try {
    const url = new URL(address, "https://invalid.invalid");
    const relative = url.origin === "https://invalid.invalid";
    return ["http:", "https:", "tel:", "mailto:"].includes(url.protocol) && !relative ? url.href : null;
  } catch {
    return null;
  }
}

export function link(address, label, attributes = {}) {
  const href = safeUrl(address);
  if (!href) return element("span", {}, label);
  attributes = { ...attributes, lang: languageOf(label) };
  if (!href.startsWith("http")) return element("a", { ...attributes, href }, label);
  const away = element("span", { class: "sr" }, " (새 창에서 열려요)");
  return element("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer" }, label, away);
}

function pieces(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(TAPPABLE)) {
    const [whole, url] = match;
    const shown = url ? whole.replace(/[.,;:!?'")\]}]+$/u, "") : whole;
    found.push(text.slice(from, match.index));
    found.push(link(url ? shown : `tel:${shown.replace(/[^\d]/g, "")}`, shown));
    from = match.index + shown.length;
  }
  found.push(text.slice(from));
  return found;
}

export function prose(text) {
  const box = element("div", { class: "prose" });
  let list = null;
  let gap = false;
  for (const row of text.split(/\r?\n/)) {
    const item = /^\s*[-•·]\s+(.*)$/u.exec(row);
    if (item) {
      if (!list) box.append((list = element("ul")));
      list.append(element("li", { lang: languageOf(item[1]) }, ...pieces(item[1])));
    } else if (row.trim()) {
      const last = box.lastElementChild;
      if (!list && !gap && last) last.append("\n", ...pieces(row));
      else box.append(element("p", { lang: languageOf(row) }, ...pieces(row)));
      list = null;
    }
    gap = !row.trim();
    if (gap) list = null;
  }
  return box;
}
