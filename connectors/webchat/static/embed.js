/* Puts the chat on any page:  <script src="https://…/chat/embed.js" defer></script>
   data-label: what the button says · data-side="left": the other corner · data-open: open at once.
   The chat runs in a frame of its own: this page's styles and scripts and the chat cannot touch. */
(() => {
  "use strict";
  const script = document.currentScript;
  const home = new URL(".", script.src);
  const label = script.dataset.label || "챗봇에게 물어보기";
  const side = script.dataset.side === "left" ? "left" : "right";

  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    button { position: fixed; ${side}: 20px; bottom: max(20px, env(safe-area-inset-bottom)); z-index: 2147483000;
      display: flex; align-items: center; gap: 10px; min-height: 60px; max-width: calc(100vw - 40px); padding: 7px 22px 7px 8px; border: 0; border-radius: 60px;
      background: #0e6a60; color: #fff; font: 600 16px/1.3 "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", system-ui, sans-serif;
      box-shadow: 0 8px 28px rgb(10 50 45 / 35%); cursor: pointer; word-break: keep-all; text-align: start; }
    button:hover { background: #0a544c; }
    button:focus-visible { outline: 3px solid #fff; outline-offset: 2px; box-shadow: 0 0 0 7px #0e6a60; }
    button img { width: 46px; height: 46px; border-radius: 50%; }
    .mark { position: absolute; top: -2px; ${side}: 4px; width: 18px; height: 18px; border: 3px solid #fff; border-radius: 50%; background: #c62828; }
    .told { position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    [hidden] { display: none !important; }
    .window { position: fixed; ${side}: 20px; bottom: 20px; z-index: 2147483001; width: min(410px, calc(100vw - 40px)); height: min(680px, calc(100dvh - 40px));
      border-radius: 24px; overflow: hidden; background: #fffdf9; box-shadow: 0 20px 64px rgb(40 25 5 / 34%); animation: open .2s ease-out; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: normal; }
    .sorry { position: absolute; inset: 0; display: grid; place-content: center; gap: 12px; padding: 32px; background: #fffdf9; color: #2a2420; text-align: center;
      font: 16px/1.6 "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR", sans-serif; word-break: keep-all; }
    .sorry a { color: #0e6a60; }
    @keyframes open { from { opacity: 0; transform: translateY(14px) scale(.98); } }
    @media (max-width: 520px), (max-height: 420px) { .window { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } }
    @media (prefers-reduced-motion: reduce) { .window { animation: none; } }
    @media (forced-colors: active) { button, .window { border: 2px solid; } }
  `;

  function make(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function build() {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // the page's content policy may forbid inline styles
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];

    const mark = make("span", { className: "mark", hidden: true });
    const face = make("img", { src: new URL("static/face.svg", home).href, alt: "", width: 46, height: 46 });
    const button = make("button", { type: "button" }, face, make("span", { textContent: label }), mark);
    button.setAttribute("aria-expanded", "false");
    const pane = make("div", { className: "window", hidden: true });
    const told = make("span", { className: "told" });
    told.setAttribute("role", "status");
    root.append(button, told, pane);
    document.body.append(host);

    let frame = null;
    let ready = false;

    function load() {
      frame = make("iframe", { src: home.href, title: label });
      pane.append(frame);
      setTimeout(() => {
        if (ready) return;
        const link = make("a", { href: home.href, target: "_blank", rel: "noopener", textContent: "새 창에서 열기" });
        pane.append(make("div", { className: "sorry" }, make("span", { textContent: "여기에서는 채팅을 열지 못했어요." }), link));
      }, 8000);
    }

    function open() {
      if (!frame) load();
      pane.hidden = false;
      button.hidden = true;
      button.setAttribute("aria-expanded", "true");
      mark.hidden = true;
      told.textContent = "";
      frame.focus();
      if (ready) greet();
    }

    function close() {
      if (pane.hidden) return;
      pane.hidden = true;
      button.hidden = false;
      button.setAttribute("aria-expanded", "false");
      button.focus();
    }

    function greet() {
      frame.contentWindow.postMessage({ to: "sotong", type: "opened" }, home.origin);
    }

    button.addEventListener("click", open);
    document.addEventListener("keydown", (event) => event.key === "Escape" && close());
    window.addEventListener("message", (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== home.origin || event.data?.from !== "sotong") return;
      if (event.data.type === "ready") {
        ready = true;
        root.querySelector(".sorry")?.remove();
        if (!pane.hidden) greet();
      }
      if (event.data.type === "close") close();
      if (event.data.type === "said" && pane.hidden) {
        mark.hidden = false;
        button.setAttribute("aria-label", `${label}, 새 메시지가 있어요`);
        told.textContent = "챗봇에 새 메시지가 있어요";
      } else if (!pane.hidden) button.removeAttribute("aria-label");
    });
    if ("open" in script.dataset) open();
  }

  if (document.body) build();
  else document.addEventListener("DOMContentLoaded", build);
})();
