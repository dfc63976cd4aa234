/* The page around us, when we are a frame in somebody else's page (embed.js opens that frame). */

const framed = window.parent !== window;

export function tellHost(type, more = {}) {
  if (framed) window.parent.postMessage({ from: "sotong", type, ...more }, "*"); // nothing private is in it
}

/* opened(): the visitor opened the window we are in. */
export function setUpHost({ closeButton, opened }) {
  if (!framed) return;
  document.documentElement.classList.add("embedded");
  closeButton.hidden = false;
  closeButton.addEventListener("click", () => tellHost("close"));
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data?.to === "sotong" && event.data.type === "opened") opened();
  });
}
