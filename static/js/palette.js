// The command palette: Ctrl+K or the search box opens it, arrows choose, Enter opens (with Ctrl in a new tab), the
// chosen record is shown at the right. The hits come from the server as one types.
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-q");
const list = document.getElementById("palette-list");
const preview = document.getElementById("palette-preview");
let timer;
let shown = "";

const rows = () => [...list.querySelectorAll(".palette-row")];
const chosen = () => list.querySelector('[aria-selected="true"].palette-row');

function look(row) {
  clearTimeout(timer);
  const url = row?.dataset.preview ?? "";
  if (url === shown) return;
  timer = setTimeout(() => {
    shown = url;
    dialog.classList.toggle("has-preview", Boolean(url));
    if (!url) preview.replaceChildren();
    else if (preview.offsetParent) window.htmx?.ajax("GET", url, { target: preview, swap: "innerHTML", select: ".drawer-body", headers: { "HX-Target": "drawer" } });
  }, 120);
}

function choose(row) {
  rows().forEach((one) => one.setAttribute("aria-selected", String(one === row)));
  if (row) {
    field.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
  look(row);
}

export function open(text = "") {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  field.value = text;
  field.select();
  window.htmx?.trigger(field.form, "palette");
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  document.addEventListener("pointerdown", (event) => {
    const box = event.target.closest("[data-global-search]");
    if (!box || event.button) return;
    event.preventDefault();
    open(box.value);
  });
  dialog.addEventListener("close", () => { shown = ""; preview.replaceChildren(); });
  list.addEventListener("htmx:afterSwap", () => choose(rows()[0]));
  list.addEventListener("pointermove", (event) => {
    const row = event.target.closest(".palette-row");
    if (row && row !== chosen()) choose(row);
  });
  list.addEventListener("click", (event) => { if (event.target.closest("[hx-get]")) dialog.close(); });
  preview.addEventListener("click", (event) => { if (event.target.closest("[hx-get]")) dialog.close(); });
  field.form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const all = rows();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      const row = chosen();
      if (row && (event.ctrlKey || event.metaKey)) window.open(row.href, "_blank", "noopener");
      else row?.click();
    }
  });
}
