/* The chat page: puts the parts together. */

import { setUpComposer } from "./composer.js";
import { Connection } from "./connection.js";
import { element } from "./element.js";
import { setUpHost, tellHost } from "./host.js";
import { Lines } from "./lines.js";
import { fillMenu, setUpMenu } from "./menu.js";
import { Outbox, newId } from "./outbox.js";
import { buttons } from "./parts.js";
import { prose } from "./prose.js";
import * as storage from "./storage.js";

const get = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI);
const STATES = {
  bot: "무엇이든 편하게 물어보세요",
  waiting: "상담원을 부르고 있어요",
  operator: "상담원과 이야기하고 있어요",
  closed: "무엇이든 편하게 물어보세요",
};
const CHANGES = { "agent.waiting": "waiting", "agent.joined": "operator", "agent.left": "bot" };

let owner = "bot";
let hint = "";
let brokenSince = Date.now();
let typingTimer;
let waitTimer;

const lines = new Lines({
  list: get("lines"),
  scroll: get("scroll"),
  newer: get("newer"),
  choose: ({ label, payload }) => outbox.add({ v: 1, type: "user.action", id: newId(), ts: now(), payload, label }),
  again: (frame) => outbox.add(frame),
});
const connection = new Connection({
  base,
  lastSeq: () => lines.lastSeq,
  onFrame: hear,
  onState(ready) {
    brokenSince = ready ? null : Date.now();
    if (ready) outbox.flush();
    tell();
  },
});
const outbox = new Outbox({
  deliver: (frame) => connection.deliver(frame),
  isReady: () => connection.ready,
  said(words) {
    hint = words;
    tell();
  },
  changed(frame, state, message) {
    lines.local(frame);
    lines.state(frame, state, message);
  },
});

function now() {
  return new Date().toISOString();
}

function ask(text) {
  outbox.add({ v: 1, type: "user.message", id: newId(), ts: now(), text });
}

function tell() {
  document.documentElement.dataset.state = brokenSince ? "away" : owner;
  const long = brokenSince && Date.now() - brokenSince > 1500;
  get("status-text").textContent = long ? "연결하고 있어요" : STATES[owner];
  const away = navigator.onLine ? "연결이 끊겨서 다시 잇고 있어요." : "인터넷이 끊겼어요. 이어지면 보내지 못한 메시지를 자동으로 보낼게요.";
  const words = long ? away : hint;
  if (get("banner").textContent !== words) get("banner").textContent = words;
}

function typing(on) {
  clearTimeout(typingTimer);
  clearTimeout(waitTimer);
  const stay = lines.nearEnd();
  const person = owner === "operator";
  get("typing").hidden = !on;
  get("typing-who").textContent = on && person ? "상담원이 입력 중이에요" : "";
  get("typing-status").textContent = get("typing-who").textContent;
  if (on && !person) waitTimer = setTimeout(() => (get("typing-status").textContent = "답을 찾고 있어요"), 1500);
  if (on && stay) lines.toEnd();
  if (on) typingTimer = setTimeout(() => typing(false), person ? 7000 : 20000);
}

function hear(frame) {
  switch (frame.type) {
    case "session.ready":
      owner = frame.state;
      lines.begin(frame.seq);
      if (lines.lastSeq === null) get("earlier").hidden = !frame.earlier;
      get("welcome").hidden = frame.earlier && lines.lastSeq === null;
      break;
    case "session.reset":
      lines.clear();
      get("earlier").hidden = true;
      get("welcome").hidden = false;
      break;
    case "bot.typing":
      typing(frame.on);
      break;
    case "error":
      hint = frame.message;
      tell();
      break;
    case "agent.waiting":
    case "agent.joined":
    case "agent.left":
      owner = CHANGES[frame.type];
      tell();
      break;
    case "user.message":
      lines.add(frame);
      break;
    case "bot.message":
    case "agent.message":
    case "notice":
      typing(false);
      lines.add(frame);
      tellHost("said");
      break;
  }
}

async function earlier() {
  const { frames, earlier: more } = await connection.earlier(lines.firstSeq);
  lines.prepend(frames);
  get("earlier").hidden = !more;
  get("welcome").hidden = more;
}

async function erase() {
  const receipt = await connection.erase();
  forget();
  return receipt;
}

function forget() {
  outbox.clear();
  lines.clear();
  get("earlier").hidden = true;
  get("welcome").hidden = false;
  get("box").focus();
}

async function introduce() {
  const response = await fetch(new URL("config", base));
  if (!response.ok) throw new Error(`config: ${response.status}`);
  const config = await response.json();
  lines.name = config.name;
  get("name").textContent = config.name;
  document.title = `${config.name} · ${config.city} 챗봇`;
  fillMenu(config);
  const menu = config.menu.map(({ label, says }) => ({ label, payload: says }));
  const line = element(
    "div",
    { class: "line bot" },
    element("img", { class: "face", src: "static/face.svg", alt: "", width: 32, height: 32 }),
    element(
      "div",
      { class: "body" },
      element("span", { class: "from" }, config.name),
      element("div", { class: "bubble" }, prose(config.welcome)),
      buttons(menu, ({ payload }) => ask(payload), "자주 묻는 것"),
    ),
  );
  get("welcome").replaceChildren(line);
}

const escape = setUpMenu({ askForPerson: () => ask("상담원과 이야기하고 싶어요"), erase });
setUpComposer({ form: get("composer"), box: get("box"), send: ask, writing: () => connection.mention({ type: "user.typing" }) });
setUpHost({ closeButton: get("close"), opened: () => get("box").focus() });
get("earlier").addEventListener("click", earlier);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]") && !escape()) tellHost("close");
});
storage.watch("session", (token) => token && connection.ready && location.reload());
for (const name of ["online", "offline"]) window.addEventListener(name, tell);
setInterval(tell, 1000);

for (const frame of outbox.restore()) {
  lines.local(frame);
  lines.state(frame, "sending");
}
try {
  await introduce();
} catch {
  hint = "안내 글을 불러오지 못했어요. 그래도 질문은 보낼 수 있어요.";
}
tellHost("ready");
connection.run();
