// Says that a file is too large before it is sent.
for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.setCustomValidity(file && file.size > Number(input.dataset.most) ? input.dataset.large : "");
    input.reportValidity();
  });
}
