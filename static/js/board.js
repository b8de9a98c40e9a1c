// The board: cards dragged to another column, or moved by [ and ] while one has the focus. The card moves at once and
// goes back if the server refuses; a column with data-ends asks first how the deal ended. Without this module the grip
// of a card opens the form that does the same.
let held = null;

const columnOf = (node) => node?.closest?.("[data-board] [data-column]");
const over = (column) => document.querySelectorAll("[data-column]").forEach((one) => one.classList.toggle("is-over", one === column));

function ask(card, column) {
  window.htmx.ajax("GET", card.dataset[column.dataset.ends], { target: "#drawer", swap: "innerHTML" });
}

async function move(card, column) {
  if (column.dataset.column === card.dataset.stage) return;
  if (column.dataset.ends) { ask(card, column); return; }
  const list = column.querySelector(".deals");
  const place = { list: card.parentElement, next: card.nextElementSibling };
  list.prepend(card);
  card.setAttribute("aria-busy", "true");
  const values = { stage: column.dataset.column, version: card.dataset.version, place: "dragged" };
  let moved = false;
  const answered = (event) => { if (event.detail.elt === card) moved = event.detail.xhr.status === 204; };
  document.addEventListener("htmx:afterRequest", answered);
  try {
    await window.htmx.ajax("POST", card.dataset.move, { source: card, values, target: "#drawer", swap: "innerHTML" });
  } catch { moved = false; } finally {
    document.removeEventListener("htmx:afterRequest", answered);
    card.removeAttribute("aria-busy");
  }
  if (!moved && card.isConnected) place.list.insertBefore(card, place.next);
}

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-board] [data-card]") ?? null;
  if (!held) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", held.querySelector(".deal-name").textContent);
  held.classList.add("is-dragged");
});
document.addEventListener("dragover", (event) => {
  const column = held && columnOf(event.target);
  if (!column || column.dataset.column === held.dataset.stage) { over(null); return; }
  event.preventDefault();
  over(column);
});
document.addEventListener("drop", (event) => {
  const column = held && columnOf(event.target);
  if (!column) return;
  event.preventDefault();
  move(held, column);
});
document.addEventListener("dragend", () => {
  held?.classList.remove("is-dragged");
  held = null;
  over(null);
});

// What the server said of the moved card: its version counts for the next move.
document.addEventListener("cardMoved", (event) => {
  const card = document.getElementById(`deal-${event.detail.id}`);
  if (!card) return;
  card.dataset.version = event.detail.version;
  card.dataset.stage = event.detail.stage;
  card.classList.remove("deal-rots");
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.shortcuts === "off") return;
  if (event.key !== "[" && event.key !== "]") return;
  const card = document.activeElement?.closest?.("[data-card]");
  if (!card) return;
  const columns = [...document.querySelectorAll("[data-board] [data-column]:not(details)")];
  const column = columns[columns.indexOf(columnOf(card)) + (event.key === "]" ? 1 : -1)];
  if (!column) return;
  event.preventDefault();
  move(card, column).then(() => card.querySelector(".deal-name")?.focus());
});

// On a phone the columns stand side by side: the switcher marks the one that is seen.
function mark() {
  const links = document.querySelectorAll(".board-steps a");
  const board = document.querySelector("[data-board]");
  if (!board || !links.length) return;
  const seen = new IntersectionObserver((entries) => {
    entries.filter((one) => one.isIntersecting).forEach((one) => {
      links.forEach((link) => link.classList.toggle("is-here", link.hash === `#${one.target.id}`));
      document.querySelector(".board-steps .is-here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }, { root: board, threshold: 0.6 });
  board.querySelectorAll("[data-column]").forEach((column) => seen.observe(column));
}
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "list") mark(); });
mark();
