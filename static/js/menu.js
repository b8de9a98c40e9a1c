// <details data-menu> as a menu: closes on Esc, on a click elsewhere and when another one opens; arrows move.
// Also dialogs: data-opens="id" shows a <dialog>, data-closes or Esc closes it. And the theme at once.
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || !menu.matches("[data-menu]") || !menu.open) return;
  open().forEach((other) => { if (other !== menu && !other.contains(menu)) other.open = false; });
  menu.querySelector("input[autofocus], [data-first]")?.focus();
}, true);

document.addEventListener("click", (event) => {
  open().forEach((menu) => {
    const inside = menu.contains(event.target);
    const chosen = inside && event.target.closest(".menu a, [role=menuitem], [data-menu-close]");
    if (!inside || chosen) menu.open = false;
  });
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal && !dialog.open) dialog.showModal();
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && event.target.matches("[data-dialog]")) event.target.close();
});

document.addEventListener("submit", (event) => { event.target.closest("details[data-menu]")?.removeAttribute("open"); });

document.addEventListener("keydown", (event) => {
  const menu = [...open()].pop();
  if (!menu) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target.matches("input, textarea, select")) return;
  const items = [...menu.querySelectorAll(".menu a, .menu button, .menu label")].filter((item) => item.offsetParent);
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length].focus();
}, true);

// The theme changes at once; the form goes on to the server, which remembers it.
document.addEventListener("submit", (event) => {
  const theme = event.submitter?.name === "theme" ? event.submitter.value : null;
  if (!theme || !event.target.matches("[data-theme-form]")) return;
  document.documentElement.dataset.theme = theme;
  const sheet = document.querySelector("link[data-dark]");
  if (sheet) sheet.media = { dark: "all", light: "not all" }[theme] ?? "(prefers-color-scheme: dark)";
});

// A long list of settings begins where one is.
const sections = document.querySelector(".settings-nav");
const here = sections?.querySelector("[aria-current]");
if (here) sections.scrollTop += here.getBoundingClientRect().top - sections.getBoundingClientRect().top - sections.clientHeight / 2;
