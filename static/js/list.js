// Lists: ticking rows, "select all", the bulk bar's count, and moving by keyboard (J K X Space Enter).
// Markup: [data-list] around it; input.row-check in each row; [data-check-all]; [data-bulk] holding [data-bulk-count]
// and [data-bulk-all]; an input[name=all] inside the bulk form says "all that match".
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const listOf = (node) => node.closest("[data-list]");
// Rows exist twice, as a table and as cards: only what is seen counts.
const checks = (list) => [...list.querySelectorAll(".row-check:not([data-check-all])")].filter((check) => check.checkVisibility?.() ?? check.offsetParent);

function refresh(list) {
  const all = checks(list);
  const ticked = all.filter((check) => check.checked);
  const head = list.querySelector("[data-check-all]");
  if (head) {
    head.checked = all.length > 0 && ticked.length === all.length;
    head.indeterminate = ticked.length > 0 && ticked.length < all.length;
  }
  all.forEach((check) => check.closest("tr")?.setAttribute("aria-selected", String(check.checked)));
  const bar = list.querySelector("[data-bulk]");
  if (!bar) return;
  const everything = bar.querySelector("input[name=all]");
  if (everything && ticked.length < all.length) everything.value = "";
  bar.dataset.ready = "";
  bar.hidden = ticked.length === 0;
  document.body.classList.toggle("has-bulk", ticked.length > 0);
  const allButton = bar.querySelector("[data-bulk-all]");
  const total = allButton?.dataset.total; // arrives with the counters; empty when nobody counted that far
  const shown = everything?.value ? total || "…" : ticked.length;
  const count = bar.querySelector("[data-bulk-count]");
  if (count) count.textContent = (bar.dataset.words ?? "{n}").replace("{n}", shown);
  if (allButton) allButton.hidden = Boolean(everything?.value) || Boolean(total && Number(total) <= ticked.length);
  const ids = bar.querySelector("[data-bulk-ids]");
  if (ids) ids.value = ticked.map((check) => check.value).join(",");
}

let lastTicked = null;
document.addEventListener("click", (event) => {
  const check = event.target.closest(".row-check:not([data-check-all])");
  if (!check) return;
  const list = listOf(check);
  if (list && event.shiftKey && lastTicked?.isConnected) {
    const all = checks(list);
    const [from, to] = [all.indexOf(lastTicked), all.indexOf(check)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((other) => { other.checked = check.checked; });
  }
  lastTicked = check;
});
document.addEventListener("change", (event) => {
  const list = listOf(event.target);
  if (!list) return;
  if (event.target.matches("[data-check-all]")) checks(list).forEach((check) => { check.checked = event.target.checked; });
  if (event.target.matches("[data-check-all], .row-check")) refresh(list);
});
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-bulk-all]");
  const none = event.target.closest("[data-bulk-none]");
  const list = (all ?? none) && listOf(all ?? none);
  if (!list) return;
  event.preventDefault();
  checks(list).forEach((check) => { check.checked = Boolean(all); });
  const everything = list.querySelector("[data-bulk] input[name=all]");
  if (everything) everything.value = all ? "1" : "";
  refresh(list);
});

const rowsOf = (list) => [...list.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
function go(list, step) {
  const rows = rowsOf(list);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  rows[at]?.classList.remove("is-current");
  next.classList.add("is-current");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("[data-open], .cell-name a, a")?.focus({ preventScroll: true });
}
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.body.dataset.shortcuts === "off" || event.target.closest?.(TYPING)) return;
  if (document.querySelector("dialog[open], #drawer .drawer, details[data-menu][open]")) return;
  const list = document.querySelector("main [data-list]");
  if (!list) return;
  const current = list.querySelector("[data-row].is-current");
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") { event.preventDefault(); go(list, key === "j" ? 1 : -1); return; }
  if (!current) return;
  if (key === "x") current.querySelector(".row-check")?.click();
  else if (event.key === " " && !event.target.matches("button, input, summary")) {
    const peek = current.querySelector("[data-peek]");
    if (!peek) return;
    event.preventDefault();
    peek.click();
  } else if (event.key === "Enter" && event.target === document.body) {
    current.querySelector("[data-open], .cell-name a, a")?.click();
  }
});

function all(root) { root.querySelectorAll("[data-list]").forEach(refresh); }
document.addEventListener("htmx:afterSettle", () => { document.body.classList.remove("has-bulk"); all(document); });
window.addEventListener("pageshow", () => all(document));
