// The drawer: htmx answers land in #drawer. We add the scrim, trap and restore the focus, push the address,
// close on Esc, and keep what was typed as a draft until it is saved.
const place = document.getElementById("drawer");
let opener = null;
let backTo = null;

const panel = () => place?.querySelector(".drawer, .modal");
const focusables = (root) =>
  [...root.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((node) => !node.disabled && node.type !== "hidden" && node.offsetParent !== null);

function draftKey() {
  const form = place.querySelector("form[data-draft]");
  return form && `draft:${document.body.dataset.user ?? ""}:${form.dataset.draft || form.action}`;
}

export function close({ keepAddress = false } = {}) {
  if (!panel()) return;
  place.replaceChildren();
  document.body.classList.remove("has-overlay");
  if (!keepAddress && backTo && window.location.href !== backTo) window.history.replaceState(null, "", backTo);
  backTo = null;
  opener?.isConnected && opener.focus();
  opener = null;
}

function opened() {
  const box = panel();
  if (!box) {
    document.body.classList.remove("has-overlay");
    return;
  }
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  if (!place.querySelector(".drawer-scrim")) {
    const scrim = document.createElement("div");
    scrim.className = "drawer-scrim";
    scrim.dataset.drawerClose = "";
    place.prepend(scrim);
  }
  document.body.classList.add("has-overlay");
  const wrong = box.querySelector("[aria-invalid=true]");
  const first = wrong ?? box.querySelector("[autofocus]")
    ?? focusables(box).find((node) => node.matches("input, select, textarea")) ?? box.querySelector(".drawer-foot .btn-primary") ?? focusables(box)[0];
  (first ?? box).focus({ preventScroll: !wrong });
}

place?.addEventListener("htmx:beforeSwap", () => {
  if (panel()) return;
  opener = document.activeElement;
  backTo = window.location.href;
});
document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === place) opened(); });
document.addEventListener("drawer:close", () => close());
document.addEventListener("htmx:historyRestore", () => close({ keepAddress: true }));
window.addEventListener("popstate", () => close({ keepAddress: true }));

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-drawer-close]");
  if (!closer || !place?.contains(closer)) return;
  event.preventDefault();
  close();
});

document.addEventListener("keydown", (event) => {
  const box = panel();
  if (!box || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !event.defaultPrevented) {
    event.preventDefault();
    close();
    return;
  }
  if (event.key !== "Tab") return;
  const all = focusables(box);
  if (!all.length) return;
  const [first, last] = [all[0], all[all.length - 1]];
  const inside = box.contains(document.activeElement);
  if (event.shiftKey && (!inside || document.activeElement === first)) { event.preventDefault(); last.focus(); }
  else if (!event.shiftKey && (!inside || document.activeElement === last)) { event.preventDefault(); first.focus(); }
});

if (panel()) opened();
export { draftKey };
