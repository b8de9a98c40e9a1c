// Keyboard shortcuts for the whole page. Single letters are off while one types, during IME composition, and
// when the person has switched them off (<body data-shortcuts="off">).
const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
let waitingForPlace = 0;

const show = (selector) => document.querySelector(selector);

function press(key, row) {
  const scope = row ?? show(".record") ?? document;
  const found = scope.querySelector(`[data-key~="${key}"]`) ?? (row ? null : show(`main [data-key~="${key}"]`));
  const record = row?.querySelector("[data-open]");
  // A row without a quick form of its own leads to its record's composer; elsewhere N opens what the blue button does.
  if (!found && record && (key === "n" || key === "f")) { window.location.assign(`${record.href}#composer-text`); return true; }
  const target = found ?? (key === "n" ? show(".bar [data-opens-drawer]") : null);
  if (!target) return false;
  if (target.matches("input, textarea")) target.focus();
  else target.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.(TYPING) || document.body.dataset.shortcuts === "off") return;
  if (show("dialog[open]") || show("#drawer .drawer") || show("details[data-menu][open]")) return;

  if (event.key === "?") { event.preventDefault(); show("[data-help]")?.click(); return; }
  if (event.key === "/") {
    const search = show("main [data-view-search]") ?? show("[data-global-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
    return;
  }
  if (Date.now() - waitingForPlace < 1500) {
    waitingForPlace = 0;
    const link = /^[a-z]$/.test(key) && show(`.nav a[data-go="${key}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (key === "g") { waitingForPlace = Date.now(); return; }
  if ("nfcesjk".includes(key) && press(key, show("tr.is-current, .follow.is-current"))) event.preventDefault();
});
