// Forms: the pending button, Ctrl+Enter, the warning before unsaved work is lost, fields edited in place,
// the focus on the first error after a 422, and drafts (data-draft="key") kept per person until saved.
const user = document.body.dataset.user ?? "";
const keyOf = (form) => `draft:${user}:${form.dataset.draft || form.getAttribute("action") || window.location.pathname}`;
const drafted = (form) => [...form.elements].filter((field) => field.name && !field.closest("[data-no-draft]")
  && !["hidden", "password", "file", "submit", "button"].includes(field.type));

function pend(form, button) {
  if (button) button.setAttribute("aria-busy", "true");
  form.dataset.pending = "";
}
function unpend(form) {
  delete form.dataset.pending;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method === "dialog") return;
  const uploading = form.querySelector("[data-uploading]");
  if ("pending" in form.dataset || uploading) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (uploading) document.dispatchEvent(new CustomEvent("toast", { detail: { text: form.querySelector("[data-upload-words]").dataset.wait, kind: "bad" } }));
    return;
  }
  const isHtmx = form.matches("[hx-post], [hx-put], [hx-patch]");
  if (form.method !== "post" && !isHtmx) return;
  const button = event.submitter ?? form.querySelector("[type=submit]");
  delete form.dataset.dirty;
  form.dataset.pending = ""; // at once: a second click may come before any timer
  // After this turn, so that the button's own name and value still go along.
  setTimeout(() => pend(form, button), 0);
}, true);
// A button that asks by itself (hx-post on the button): a second click while the first is under way is the same wish.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("button[hx-post][aria-busy]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => { if (elt.matches?.("button[hx-post]")) elt.setAttribute("aria-busy", "true"); });
document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.elt.removeAttribute?.("aria-busy");
  const form = event.detail.elt.closest?.("form");
  if (!form) return;
  setTimeout(() => unpend(form), 0);
});
// What was saved is no draft any more; before the swap, or the form that comes back would bring it up again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt: form, verb } = event.detail.requestConfig ?? {};
  if (verb !== "get" && event.detail.xhr.status < 300 && form?.matches("form[data-draft]")) localStorage.removeItem(keyOf(form));
});
document.addEventListener("form:answered", (event) => unpend(event.target));
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-pending]").forEach(unpend));

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form");
  if (!form || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  if (event.key === "Escape" && form.matches("[data-inline]")) {
    event.preventDefault();
    event.stopPropagation();
    form.reset();
    form.dispatchEvent(new CustomEvent("inline:cancel", { bubbles: true }));
    form.querySelector("[data-inline-cancel]")?.click();
  }
}, true);
document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form[data-inline]");
  if (!form || form.contains(event.relatedTarget) || !("dirty" in form.dataset)) return;
  form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form");
  if (!form) return;
  if (form.matches("[data-guard], [data-inline]")) form.dataset.dirty = "";
  event.target.removeAttribute("aria-invalid");
  if (!form.matches("[data-draft]")) return;
  const values = drafted(form).map((field) => [field.name, field.value, field.checked ?? null, field.selectedOptions?.[0]?.text]);
  const uploads = [...form.querySelectorAll("[data-upload]")].map((one) => ({ id: one.dataset.upload, name: one.querySelector(".upload-name").textContent }));
  try { localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values, uploads })); } catch { /* storage is full or off */ }
});
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
});

const WEEK = 7 * 24 * 3600 * 1000;
function restore(form) {
  let draft;
  try { draft = JSON.parse(localStorage.getItem(keyOf(form))); } catch { return; }
  if (!draft || Date.now() - draft.at > WEEK || form.querySelector("[aria-invalid=true]")) return;
  const fields = drafted(form);
  let changed = false;
  draft.values.forEach(([name, value, checked, text], index) => {
    const field = fields[index]?.name === name ? fields[index] : null;
    if (!field) return;
    if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
    else if (field.value !== value) {
      if (field.options && ![...field.options].some((one) => one.value === value)) field.add(new Option(text, value));
      field.value = value;
      field.dispatchEvent(new Event("sync"));
      changed = true;
    }
  });
  if (draft.uploads?.length) {
    form.dataset.draftUploads = JSON.stringify(draft.uploads);
    form.dispatchEvent(new CustomEvent("draft:uploads", { bubbles: true }));
    changed = true;
  }
  const note = form.querySelector("[data-draft-note]");
  if (changed && note) note.hidden = false;
  // Open from the start, or its button would slip away under the click that opens it.
  if (changed && form.matches("[data-composer]") && window.matchMedia("(min-width: 768px)").matches) form.classList.add("is-open");
}
document.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-draft-drop]");
  if (!drop) return;
  const form = drop.closest("form");
  localStorage.removeItem(keyOf(form));
  form.reset();
  form.querySelector("[data-draft-note]").hidden = true;
});

// A field opened by its pen takes the focus, and the pen has it again when the field is gone.
document.addEventListener("htmx:afterSettle", (event) => {
  const place = event.detail.target ?? event.detail.elt;
  const form = place.querySelector?.("form[data-inline]");
  if (form && !form.contains(document.activeElement)) form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  else if (!form && document.activeElement === document.body) place.querySelector?.(":scope > .inline-edit > .edit-pen")?.focus();
});

function prepare(root) {
  const forms = [...root.querySelectorAll("form[data-draft]")];
  if (root.matches?.("form[data-draft]")) forms.push(root);
  forms.forEach(restore);
}
document.addEventListener("htmx:afterSettle", (event) => {
  prepare(event.detail.elt);
  if (event.detail.xhr?.status === 422) event.detail.elt.querySelector("[aria-invalid=true]")?.focus();
});
prepare(document);
document.querySelector("main form [aria-invalid=true]")?.focus();
