// Links that one puts into an order of one's own: [data-arrange="address"] of [data-arranged="id"]. By dragging, or with
// Alt and an arrow key on the one that has the focus; the order is posted as id=… id=….
let waiting = 0;

const idsOf = (list) => [...list.querySelectorAll("[data-arranged]")].map((item) => item.dataset.arranged);

function keep(list) {
  clearTimeout(waiting);
  waiting = setTimeout(() => window.htmx?.ajax("POST", list.dataset.arrange, { values: { id: idsOf(list) }, swap: "none" }), 250);
}

// Sortable comes with the first touch of a pointer: most people never drag here.
function arm(list) {
  if (list.dataset.armed) return;
  list.dataset.armed = "1";
  const ready = () => window.Sortable.create(list, { animation: 120, draggable: "[data-arranged]", onEnd: () => keep(list) });
  if (window.Sortable) { ready(); return; }
  const script = document.createElement("script");
  script.src = list.dataset.sortable;
  script.onload = ready;
  document.head.append(script);
}

document.addEventListener("pointerover", (event) => {
  const list = event.target.closest?.("[data-arrange]");
  if (list) arm(list);
});

document.addEventListener("keydown", (event) => {
  const item = event.altKey && event.target.closest?.("[data-arranged]");
  if (!item || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const list = item.closest("[data-arrange]");
  const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (event.key === "ArrowUp") other.before(item);
  else other.after(item);
  item.focus();
  const said = document.querySelector("[data-toast-live]");
  if (said) said.textContent = `${list.dataset.words} ${idsOf(list).indexOf(item.dataset.arranged) + 1}`;
  keep(list);
});
