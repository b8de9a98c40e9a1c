// Chips that write something into the text one was in last: [data-insert="words"] inside a form.
let last = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("textarea, input[type=text]")) last = event.target;
});
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-insert]");
  if (!chip) return;
  const form = chip.closest("form");
  const field = last && form.contains(last) ? last : form.querySelector("textarea");
  if (!field) return;
  field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
