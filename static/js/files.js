// Files: drop onto [data-drop] (or paste a screenshot into a form that has one), names shown before sending.
// Markup: [data-drop] around or beside input[type=file]; [data-file-names] lists what was chosen;
// data-autosubmit on the input sends the form at once.
function inputOf(zone) {
  return zone.querySelector("input[type=file]") ?? document.getElementById(zone.dataset.drop);
}

function put(input, files) {
  const box = new DataTransfer();
  const keep = input.multiple ? [...input.files, ...files] : [...files].slice(0, 1);
  keep.forEach((file) => box.items.add(file));
  input.files = box.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function readable(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let step = 0;
  while (size >= 1024 && step < units.length - 1) { size /= 1024; step += 1; }
  return `${step ? size.toFixed(1) : size} ${units[step]}`;
}

function show(input) {
  const place = (input.closest("[data-drop]") ?? input.form)?.querySelector("[data-file-names]")
    ?? input.form?.querySelector("[data-file-names]");
  if (!place) return;
  place.replaceChildren(...[...input.files].map((file) => {
    const chip = document.createElement("span");
    chip.className = "badge badge-line";
    chip.textContent = `${file.name} · ${readable(file.size)}`;
    return chip;
  }));
  place.hidden = input.files.length === 0;
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file]")) return;
  if (!input.form?.matches("[data-upload-to], [data-upload-new]")) show(input); // those are sent at once: uploads.js
  if ("autosubmit" in input.dataset && input.files.length) input.form.requestSubmit();
});

["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
  const zone = event.target.closest?.("[data-drop]");
  if (!zone || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  zone.classList.toggle("is-over", kind === "dragover");
  if (kind === "drop") {
    const input = inputOf(zone);
    if (input) put(input, event.dataTransfer.files);
  }
}));

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  const zone = event.target.closest?.("form")?.querySelector("[data-drop]") ?? event.target.closest?.("[data-drop]")
    ?? document.querySelector("#drawer [data-upload-to]");
  const input = zone && inputOf(zone);
  if (!input) return;
  event.preventDefault();
  put(input, files);
});
