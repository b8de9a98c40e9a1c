// Choosing several cards on a phone: the button [data-pick] or a long touch begins, touching a card then ticks it
// instead of opening it. The ticks themselves, and the bulk bar, are those of list.js.
const LONG = 500;
const listOf = (node) => node.closest("[data-list]");
let timer;
let held = false;

function pick(list, on) {
  list.classList.toggle("is-picking", on);
  list.querySelectorAll("[data-pick]").forEach((button) => button.setAttribute("aria-pressed", String(on)));
  if (on) return;
  list.querySelectorAll(".rec-card .row-check:checked").forEach((check) => { check.checked = false; });
  list.querySelector("[data-bulk] [data-bulk-none]")?.dispatchEvent(new Event("click", { bubbles: true, cancelable: true }));
}

function tick(card) {
  const check = card.querySelector(".row-check");
  if (!check) return;
  check.checked = !check.checked;
  check.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (button) { pick(listOf(button), button.getAttribute("aria-pressed") !== "true"); return; }
  const card = event.target.closest(".is-picking .rec-card");
  if (!card || event.target.matches(".row-check")) return;
  event.preventDefault();
  event.stopPropagation();
  if (held) held = false;
  else tick(card);
}, true);
document.addEventListener("click", (event) => {
  const none = event.target.closest("[data-bulk-none]");
  const list = none && listOf(none);
  if (list?.classList.contains("is-picking") && event.isTrusted) pick(list, false);
});

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-list] .rec-card");
  held = false;
  clearTimeout(timer);
  if (!card || event.pointerType === "mouse" || !card.querySelector(".row-check")) return;
  timer = setTimeout(() => {
    held = true;
    if (!listOf(card).classList.contains("is-picking")) pick(listOf(card), true);
    tick(card);
  }, LONG);
});
["pointerup", "pointercancel", "pointermove", "scroll"].forEach((name) => document.addEventListener(name, (event) => {
  if (name === "pointermove" && Math.abs(event.movementX) + Math.abs(event.movementY) < 4) return;
  clearTimeout(timer);
}, { passive: true, capture: true }));
document.addEventListener("contextmenu", (event) => { if (held && event.target.closest(".rec-card")) event.preventDefault(); });

// The list comes anew with every filter; what one was doing stays.
document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll("[data-list].is-picking [data-pick]").forEach((button) => button.setAttribute("aria-pressed", "true"));
});
