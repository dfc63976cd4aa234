/* The menu in the header: a person, the phone, privacy, erasing, the size of the letters. */

import { prose } from "./prose.js";
import * as storage from "./storage.js";

const get = (id) => document.getElementById(id);

export function setUpMenu({ askForPerson, erase }) {
  const button = get("menu-button");
  const menu = get("menu");

  const show = (open) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  const leave = () => {
    show(false);
    button.focus();
  };
  button.addEventListener("click", () => show(menu.hidden));
  document.addEventListener("click", (event) => {
    if (!menu.hidden && !menu.contains(event.target) && !button.contains(event.target)) show(false);
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget) && relatedTarget !== button) show(false);
  });

  get("person").addEventListener("click", () => {
    show(false);
    askForPerson();
  });
  get("privacy").addEventListener("click", () => open("privacy-dialog"));
  get("erase").addEventListener("click", () => {
    get("erase-fault").textContent = "";
    open("erase-dialog");
  });
  get("erase-yes").addEventListener("click", async () => {
    try {
      const receipt = await erase();
      get("erase-dialog").close();
      get("erased-number").textContent = receipt;
      if (receipt) open("erased-dialog");
    } catch (fault) {
      get("erase-fault").textContent = fault.name === "HttpError" ? fault.message : "연결이 끊겨서 지우지 못했어요. 잠시 뒤에 다시 해 주세요.";
    }
  });
  for (const id of ["privacy-dialog", "erase-dialog", "erased-dialog"]) get(id).addEventListener("close", () => button.focus());

  function open(id) {
    show(false);
    get(id).showModal();
  }

  const size = storage.read("size") ?? "1";
  document.documentElement.dataset.size = size;
  for (const input of document.querySelectorAll("input[name=size]")) {
    input.checked = input.value === size;
    input.addEventListener("change", () => {
      document.documentElement.dataset.size = input.value;
      storage.write("size", input.value);
    });
  }

  /* Whether the Escape key had something to close here. */
  return function escape() {
    if (menu.hidden) return false;
    leave();
    return true;
  };
}

export function fillMenu({ phone, city, privacy }) {
  const call = get("phone");
  call.href = `tel:${phone.replace(/[^\d]/g, "")}`;
  call.textContent = `전화하기 ${phone}`;
  call.setAttribute("aria-label", `${city}에 전화하기 ${phone}`);
  call.hidden = !phone;
  get("privacy-text").replaceChildren(prose(privacy));
}
