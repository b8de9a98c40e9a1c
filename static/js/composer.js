// The composer and quick follow-ups: date chips fill the date field, the kind decides which extra fields show,
// the placeholder follows the kind, Ctrl+Enter saves (form.js), the draft is kept (form.js).
// Markup: [data-composer] form; radios name=kind; [data-for-kind="call visit"]; [data-date-chip="2026-06-15"];
// the chip with an empty value opens the date field [data-date-field].
function kindOf(form) { return form.querySelector("[name=kind]:checked")?.value ?? form.querySelector("[name=kind]")?.value; }

function refresh(form) {
  const kind = kindOf(form);
  form.querySelectorAll("[data-for-kind]").forEach((part) => {
    const fits = part.dataset.forKind.split(" ").includes(kind);
    part.hidden = !fits;
    part.querySelectorAll("input, select, textarea").forEach((field) => { field.disabled = !fits; });
  });
  const text = form.querySelector("textarea[name=body], [data-composer-text]");
  const chosen = form.querySelector("[name=kind]:checked");
  if (text && chosen?.dataset.placeholder) text.placeholder = chosen.dataset.placeholder;
  chips(form);
}

function chips(form) {
  form.querySelectorAll("[data-date-field]").forEach((field) => {
    const group = field.closest("[data-dates]") ?? form;
    const all = [...group.querySelectorAll("[data-date-chip]")];
    const match = all.find((chip) => chip.dataset.dateChip && chip.dataset.dateChip === field.value);
    all.forEach((chip) => {
      const own = !chip.dataset.dateChip;
      const on = chip === match || (own && field.value && !match);
      chip.setAttribute("aria-pressed", String(Boolean(on)));
      if (own) field.hidden = !on && !chip.hasAttribute("data-open");
    });
  });
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-date-chip]");
  if (!chip) return;
  event.preventDefault();
  const group = chip.closest("[data-dates]") ?? chip.closest("form");
  const field = group.querySelector("[data-date-field]");
  if (!field) return;
  if (chip.dataset.dateChip) field.value = field.value === chip.dataset.dateChip ? "" : chip.dataset.dateChip;
  else {
    chip.setAttribute("data-open", "");
    field.hidden = false;
    field.focus();
    try { field.showPicker?.(); } catch { /* not every browser lets us open it */ }
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form, [data-dates]");
  if (!form) return;
  if (event.target.name === "kind" && form.matches("[data-composer]")) {
    refresh(form);
    form.classList.add("is-open");
    form.querySelector("textarea[name=body], [data-composer-text]")?.focus();
  } else if (event.target.matches("[data-date-field]")) chips(form);
});
document.addEventListener("focusin", (event) => event.target.closest("[data-composer]")?.classList.add("is-open"));

// On a phone the open composer covers the page: a touch elsewhere, or the focus going on, puts it back to one line
// while it is empty.
["pointerdown", "focusin"].forEach((kind) => document.addEventListener(kind, (event) => {
  document.querySelectorAll(".record [data-composer].is-open").forEach((form) => {
    const empty = !form.querySelector("textarea[name=body], [data-composer-text]")?.value;
    if (empty && !form.contains(event.target)) form.classList.remove("is-open");
  });
}));

// A text area grows with its text where the browser cannot do that by itself.
document.addEventListener("input", (event) => {
  const area = event.target;
  if (!area.matches?.("[data-composer] textarea, textarea[data-grow]") || CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
});

// Record tabs on narrow screens: data-record-tab="facts" shows that part of [data-record].
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-record-tab]");
  if (!tab) return;
  event.preventDefault();
  const record = tab.closest("[data-record]");
  record.dataset.tab = tab.dataset.recordTab;
  record.classList.toggle("show-right", tab.dataset.recordTab === "more");
  record.querySelectorAll("[data-record-tab]").forEach((other) =>
    other === tab ? other.setAttribute("aria-current", "true") : other.removeAttribute("aria-current"));
});

// Esc closes a quick follow-up; what was typed stays as a draft.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.quick");
  if (!form || event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
  form.querySelector("[data-removes]")?.click();
});

// A button that goes to a field of the page: data-focus="#id".
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-focus]");
  const field = button && document.querySelector(button.dataset.focus);
  if (!field) return;
  event.preventDefault();
  field.focus();
});

function prepare(root) {
  root.querySelectorAll("[data-composer]").forEach(refresh);
  root.querySelectorAll("[data-dates]").forEach((group) => chips(group.closest("form") ?? group));
}
document.addEventListener("htmx:afterSettle", (event) => prepare(event.detail.elt.parentElement ?? document));
prepare(document);
if (window.location.hash === "#composer-text") document.getElementById("composer-text")?.focus();
