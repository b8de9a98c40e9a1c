// Dragging one thing onto another: [data-drag="address"] is posted with parent=… of the [data-drop-parent] it is
// dropped on, within [data-drags]. What dragging does can always be done in a form as well.
let held = null;

const targetOf = (event) => event.target.closest?.("[data-drags] [data-drop-parent]");
const unmark = () => document.querySelectorAll(".is-over").forEach((node) => node.classList.remove("is-over"));

function arm() {
  document.querySelectorAll("[data-drags] [data-drag]").forEach((node) => { node.draggable = true; });
}

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-drags] [data-drag]") ?? null;
  if (!held) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", held.textContent.trim());
  held.classList.add("is-dragged");
});
document.addEventListener("dragover", (event) => {
  const target = held && targetOf(event);
  if (!target || target === held) return;
  event.preventDefault();
  unmark();
  target.classList.add("is-over");
});
document.addEventListener("drop", (event) => {
  const target = held && targetOf(event);
  if (!target || target === held) return;
  event.preventDefault();
  window.htmx?.ajax("POST", held.dataset.drag, { values: { parent: target.dataset.dropParent }, swap: "none" });
});
document.addEventListener("dragend", () => {
  held?.classList.remove("is-dragged");
  held = null;
  unmark();
});
document.addEventListener("htmx:afterSettle", arm);
arm();
