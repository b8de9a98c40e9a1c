// Copy buttons: data-copy="text". Over plain http browsers have no clipboard to write to; there a selection is copied.
const words = document.querySelector("[data-toast-words]")?.dataset ?? {};
const SHORT = 40; // letters: what is longer is not said again

function bySelection(text, near) {
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "sr-only" });
  near.append(field); // within the dialog, if there is one: beyond it nothing can be selected
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy;
  const done = await navigator.clipboard?.writeText(text).then(() => true, () => false) || bySelection(text, button.parentElement);
  const said = text.length > SHORT ? words.copied : `${words.copied} ${text}`;
  document.dispatchEvent(new CustomEvent("toast", { detail: done ? { text: said } : { text: words.uncopied, kind: "bad" } }));
});
