/* The list of what was said: one line for each, in the order of the log, none twice. */

import { PERSON, element, icon } from "./element.js";
import { buttons, part } from "./parts.js";
import { prose } from "./prose.js";

const CLASSES = { "bot.message": "bot", "agent.message": "agent", notice: "notice", "user.message": "user" };
const clock = new Intl.DateTimeFormat("ko-KR", { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat("ko-KR", { month: "long", day: "numeric", weekday: "long" });

export class Lines {
  constructor({ list, scroll, newer, choose, again }) {
    Object.assign(this, { list, scroll, newer, choose, again });
    this.name = "챗봇";
    this.lastSeq = null;
    this.bySeq = new Map();
    this.byId = new Map();
    this.silentTo = Infinity;
    newer.addEventListener("click", () => this.toEnd());
    document.addEventListener("scroll", () => this.nearEnd() && (newer.hidden = true), { passive: true, capture: true });
  }

  get firstSeq() {
    return Math.min(...this.bySeq.keys());
  }

  clear() {
    this.list.replaceChildren();
    this.bySeq.clear();
    this.byId.clear();
    this.lastSeq = null;
  }

  /* The page has come: a screen reader is told of lines after `seq`, not of those that were there before. */
  begin(seq) {
    this.silentTo = this.lastSeq === null ? seq : -1;
    if (this.silentTo <= 0) this.speak();
  }

  speak() {
    this.silentTo = -1;
    this.list.setAttribute("aria-live", "polite");
  }

  /* A stored line of the log, or the last word after an erasure, which has no `seq`. */
  add(frame) {
    if (frame.seq !== undefined) {
      this.lastSeq = frame.seq;
      if (this.bySeq.has(frame.seq)) return;
    }
    const known = frame.type === "user.message" && this.byId.get(frame.id);
    if (known) return this.settle(known, frame);
    if (!(frame.seq <= this.silentTo)) this.speak();
    const stay = !this.nearEnd();
    const line = this.make(frame);
    const pending = this.list.querySelector("[data-pending]");
    this.list.insertBefore(line, pending);
    this.number(line, frame.seq);
    this.days();
    if (frame.type !== "user.message" && stay) this.newer.hidden = false;
    else this.show(line);
  }

  /* Older lines, above the others; what is on the screen stays where it is. */
  prepend(frames) {
    const { scroller } = this;
    const below = scroller.scrollHeight - scroller.scrollTop;
    this.list.setAttribute("aria-live", "off");
    setTimeout(() => this.speak(), 500); // browsers tell screen readers a little later
    const made = frames.filter((frame) => !this.bySeq.has(frame.seq)).map((frame) => this.number(this.make(frame), frame.seq));
    this.list.prepend(...made);
    this.days();
    scroller.scrollTo({ top: scroller.scrollHeight - below, behavior: "instant" });
    made[0]?.setAttribute("tabindex", "-1");
    made[0]?.focus({ preventScroll: true });
  }

  /* What the citizen just wrote, before the gateway has it. */
  local(frame) {
    if (this.byId.has(frame.id)) return;
    const line = this.make({ type: "user.message", id: frame.id, at: frame.ts, text: frame.text ?? frame.label });
    line.dataset.pending = "";
    this.speak();
    this.list.append(line);
    this.days();
    this.show(line);
  }

  state(frame, state, message = "") {
    const line = this.byId.get(frame.id);
    if (!line) return;
    const words = line.querySelector(".state");
    line.classList.toggle("waiting", state === "sending");
    line.classList.toggle("failed", state === "failed");
    line.querySelector(".at").hidden = state !== "stored";
    if (state === "stored") words.replaceChildren();
    if (state === "sending") words.replaceChildren("보내는 중이에요");
    if (state === "failed") {
      const again = element("button", { type: "button", onclick: () => this.again(frame) }, "다시 보내기");
      words.replaceChildren(element("span", {}, message || "보내지 못했어요."), again);
    }
  }

  settle(line, frame) {
    line.querySelector(".prose").replaceWith(prose(frame.text)); // as stored: personal data is masked
    line.querySelector(".at").replaceWith(this.at(frame));
    delete line.dataset.pending;
    line.dataset.at = frame.at; // the clock of a visitor may be wrong
    this.days();
    this.state(frame, "stored");
    this.number(line, frame.seq);
  }

  number(line, seq) {
    if (seq !== undefined) this.bySeq.set(seq, line);
    return line;
  }

  make(frame) {
    const kind = CLASSES[frame.type];
    const at = this.at(frame);
    if (kind === "notice") return element("div", { class: "notice", "data-at": frame.at }, ...this.noticed(frame), at);
    const from = { bot: this.name, agent: "상담원", user: "나" }[kind];
    const said = element("span", { class: "from" }, from, element("span", { class: "sr" }, ": "));
    const parts = frame.parts?.map((one) => part(one, this.choose)) ?? [element("div", { class: "bubble" }, prose(frame.text))];
    const body = element("div", { class: "body" }, said, ...parts, at);
    if (kind === "user") body.append(element("span", { class: "state" }));
    const line = element("div", { class: `line ${kind}`, "data-at": frame.at }, kind === "user" ? null : this.face(kind), body);
    if (kind === "user") this.byId.set(frame.id, line);
    return line;
  }

  noticed({ parts }) {
    return parts.map((one) => (one.kind === "text" ? prose(one.text) : one.kind === "buttons" ? buttons(one.buttons, this.choose) : part(one, this.choose)));
  }

  face(kind) {
    if (kind === "agent") return element("span", { class: "face", "aria-hidden": "true" }, icon(PERSON));
    return element("img", { class: "face", src: "static/face.svg", alt: "", width: 32, height: 32 });
  }

  at({ at }) {
    return element("time", { class: "at", datetime: at }, clock.format(new Date(at)));
  }

  /* A line with the date before the first line of each day but today, if the page begins today. One that
     stands right stays: a screen reader reads out whatever is put in. */
  days() {
    let last = day.format(new Date());
    for (const line of this.list.querySelectorAll(":scope > :not(.day)")) {
      const now = day.format(new Date(line.dataset.at));
      const above = line.previousElementSibling;
      const old = above?.classList.contains("day") ? above : null;
      if (now === last) old?.remove();
      else if (old?.textContent !== now) {
        old?.remove();
        line.before(element("p", { class: "day" }, now));
      }
      last = now;
    }
  }

  /* On a very low screen the whole page scrolls (frame.css). */
  get scroller() {
    return getComputedStyle(this.scroll).overflowY === "visible" ? document.scrollingElement : this.scroll;
  }

  nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 120;
  }

  /* The end of the list; but the beginning of a line that is taller than the screen. */
  show(line) {
    const { scroller } = this;
    if (line.offsetHeight < scroller.clientHeight * 0.85) return this.toEnd();
    const top = line.getBoundingClientRect().top - Math.max(0, scroller.getBoundingClientRect().top);
    scroller.scrollTo({ top: scroller.scrollTop + top - 8 });
  }

  toEnd() {
    this.newer.hidden = true;
    requestAnimationFrame(() => this.scroller.scrollTo({ top: this.scroller.scrollHeight }));
  }
}
