// The column chooser: find, tick, drag. Without JavaScript the ticks and the Apply button do the same.
// Markup: form[data-columns] with ul[data-columns-list] of li[data-column]; input[data-columns-find].
async function sortable() {
  if (!window.Sortable) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const url = document.querySelector("[data-columns][data-sortable]")?.dataset.sortable;
      if (!url) { reject(new Error("no address of sortable.js")); return; }
      script.src = url;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }
  return window.Sortable;
}

async function arm(form) {
  if (form.dataset.armed) return;
  form.dataset.armed = "1";
  const Sortable = await sortable().catch(() => null);
  if (!Sortable) return;
  form.querySelectorAll("[data-columns-list]").forEach((list) => Sortable.create(list, {
    animation: 120,
    group: "columns",
    handle: "[data-grip]",
    onEnd: () => form.dispatchEvent(new Event("change", { bubbles: true })),
  }));
}

document.addEventListener("toggle", (event) => {
  if (!event.target.open) return;
  event.target.querySelectorAll?.("form[data-columns]").forEach(arm);
}, true);

// The form arrives when its menu is first opened.
document.addEventListener("htmx:afterSettle", (event) => {
  event.detail.elt.querySelectorAll?.("form[data-columns]").forEach(arm);
});

document.addEventListener("input", (event) => {
  const find = event.target.closest?.("[data-columns-find]");
  if (!find) return;
  event.stopPropagation();
  const wanted = find.value.trim().toLowerCase();
  find.closest("form, .menu").querySelectorAll("[data-column]").forEach((item) => {
    item.hidden = Boolean(wanted) && !item.textContent.toLowerCase().includes(wanted);
  });
});

// Moving with the keyboard: Alt+Up and Alt+Down on a column.
document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-column]");
  if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (event.key === "ArrowUp") other.before(item);
  else other.after(item);
  event.target.focus();
  item.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
}, true);
