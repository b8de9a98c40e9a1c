// Custom fields: inputs that come and go with other inputs, and the administrator's boards one drags on.
// Markup: [data-shown-when], [data-required-when] hold {field, operator, values} over the form's input of that name;
// form[data-field-board] with [data-field-rows]; [data-option-rows] with a [data-option-add] button.
// The server decides the same again, so nothing here is more than a help.
function valuesOf(form, name) {
  const inputs = [...form.elements].filter((one) => one.name === name);
  return inputs.flatMap((one) => {
    if (one.type === "checkbox" || one.type === "radio") return one.checked ? [one.value] : [];
    if (one.selectedOptions) return [...one.selectedOptions].map((option) => option.value).filter(Boolean);
    return one.value ? [one.value] : [];
  });
}

function known(form, name) {
  return [...form.elements].some((one) => one.name === name);
}

function holds(form, condition) {
  if (!known(form, condition.field)) return null; // it looks at a field that is not in this form
  const present = valuesOf(form, condition.field);
  if (condition.operator === "filled") return present.length > 0;
  if (condition.operator === "empty") return present.length === 0;
  const met = present.some((value) => condition.values.includes(value));
  return condition.operator === "is" ? met : !met;
}

function follow(form) {
  form.querySelectorAll("[data-shown-when]").forEach((input) => {
    const shown = holds(form, JSON.parse(input.dataset.shownWhen));
    if (shown === null) return;
    const box = input.closest("fieldset[data-options]") ?? input.closest(".field") ?? input;
    box.hidden = !shown;
  });
  form.querySelectorAll("[data-required-when]").forEach((input) => {
    const needed = holds(form, JSON.parse(input.dataset.requiredWhen));
    if (needed !== null) input.setAttribute("aria-required", String(needed));
    if (needed !== null) input.closest(".field")?.classList.toggle("field-needed", needed);
  });
}

function followAll(root) {
  const forms = new Set([...root.querySelectorAll("[data-shown-when], [data-required-when]")].map((one) => one.closest("form")));
  forms.forEach((form) => form && follow(form));
}

let loading = null;
function sortable(url) {
  loading ??= new Promise((resolve, reject) => {
    if (window.Sortable) { resolve(window.Sortable); return; }
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Sortable);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

async function armBoards(root) {
  const board = root.querySelector("[data-field-board]:not([data-armed])");
  if (board) {
    board.dataset.armed = "1";
    const Sortable = await sortable(board.dataset.sortable).catch(() => null);
    const changed = () => board.dispatchEvent(new Event("arranged", { bubbles: true }));
    if (Sortable) {
      board.querySelectorAll("[data-field-rows]").forEach((list) => Sortable.create(list, {
        animation: 120, group: "fields", handle: "[data-grip]", onEnd: changed,
      }));
      Sortable.create(board, { animation: 120, draggable: "[data-field-group]", handle: ".field-group-head [data-grip]", onEnd: changed });
    }
  }
  root.querySelectorAll("[data-options]:not([data-armed])").forEach(async (box) => {
    box.dataset.armed = "1";
    const list = box.querySelector("[data-option-rows]");
    box.querySelector("[data-option-add]").hidden = false;
    const Sortable = await sortable(new URL("../vendor/sortable.js", import.meta.url)).catch(() => null);
    if (Sortable) Sortable.create(list, { animation: 120, handle: "[data-grip]" });
  });
}

document.addEventListener("click", (event) => {
  const add = event.target.closest?.("[data-option-add]");
  if (!add) return;
  const list = add.closest("[data-options]").querySelector("[data-option-rows]");
  const row = list.lastElementChild.cloneNode(true);
  row.querySelectorAll("input").forEach((input) => { input.value = ""; });
  row.querySelectorAll("select").forEach((select) => { select.selectedIndex = 0; });
  list.append(row);
  row.querySelector("input:not([type=hidden])").focus();
});

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.form;
    if (form?.querySelector("[data-shown-when], [data-required-when]")) follow(form);
  });
}
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt.parentElement ?? document;
  followAll(root);
  armBoards(root);
});
followAll(document);
armBoards(document);
const moved = new URLSearchParams(window.location.search).get("moved"); // the button that was pressed last
if (moved) document.getElementById(moved)?.focus();
