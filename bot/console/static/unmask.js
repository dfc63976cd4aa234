// Masks the shown values again when their minutes are over, without touching what somebody is typing.
const bar = document.querySelector("[data-masks-in]");
if (bar) {
  setTimeout(() => {
    for (const shown of document.querySelectorAll("[data-masked]")) {
      shown.textContent = shown.dataset.masked;
      shown.classList.remove("revealed");
    }
    document.querySelector("[data-masks-in]")?.remove();
  }, Number(bar.dataset.masksIn) * 1000);
}
