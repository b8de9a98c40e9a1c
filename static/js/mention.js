// Mentions: after an @ the names of colleagues are offered; arrows and Enter choose, Esc leaves it.
// Markup: form[data-mentions="address of the suggestions"] with a textarea or [data-composer-text];
// [data-mention-start] puts the @. Once a name was chosen or a text with an @ was left, the form hears "mentions". Also data-removes="#id": a button that takes something off the page.
let list = null;
let field = null;
let asked = 0;

const textOf = (form) => form.querySelector("textarea[name=body], [data-composer-text]");

function close() {
  list?.remove();
  list = null;
  field?.removeAttribute("aria-expanded");
}

function word() {
  const before = field.value.slice(0, field.selectionStart);
  const found = /(?:^|[^A-Za-z0-9])[@＠]([^\s@＠,，。.]{0,20})$/.exec(before);
  return found ? { text: found[1], start: before.length - found[1].length } : null;
}

const settled = (form) => form?.dispatchEvent(new CustomEvent("mentions"));

function choose(name) {
  const at = word();
  if (at) {
    const rest = field.value.slice(field.selectionStart);
    field.value = `${field.value.slice(0, at.start)}${name} ${rest.replace(/^ /, "")}`;
    const caret = at.start + name.length + 1;
    field.setSelectionRange(caret, caret);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  close();
  field.focus();
  settled(field.form);
}

function show(people) {
  close();
  if (!people.length) return;
  list = document.createElement("div");
  list.className = "menu menu-left mention-list";
  const place = field.getBoundingClientRect();
  list.style.position = "fixed";
  list.style.left = `${Math.min(place.left + 12, window.innerWidth - 220)}px`;
  list.style.right = "auto";
  list.style.top = `${Math.min(place.bottom + 4, window.innerHeight - 40 - people.length * 34)}px`;
  list.setAttribute("role", "listbox");
  people.forEach((person, index) => {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(index === 0));
    item.textContent = person.name;
    const note = document.createElement("span");
    note.className = "menu-note";
    note.textContent = person.username;
    item.append(note);
    item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(person.name); });
    list.append(item);
  });
  document.body.append(list);
  field.setAttribute("aria-expanded", "true");
}

async function suggest() {
  const at = word();
  if (!at) { close(); return; }
  const mine = ++asked;
  const url = `${field.form.dataset.mentions}?q=${encodeURIComponent(at.text)}`;
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || mine !== asked || !word()) return;
  show((await answer.json()).results);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-mentions]");
  if (!form || event.target !== textOf(form) || event.isComposing) return;
  field = event.target;
  suggest();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-mentions]");
  if (form && event.target === textOf(form) && /[@＠]/.test(event.target.value)) settled(form);
});

document.addEventListener("keydown", (event) => {
  if (!list || event.target !== field || event.isComposing) return;
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") close();
  else if (event.key === "Enter" || event.key === "Tab") choose(items[at].firstChild.textContent);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    items[at].setAttribute("aria-selected", "false");
    const step = event.key === "ArrowDown" ? 1 : -1;
    items[(at + step + items.length) % items.length].setAttribute("aria-selected", "true");
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("focusout", (event) => { if (event.target === field) setTimeout(close, 150); });

document.addEventListener("click", (event) => {
  const start = event.target.closest("[data-mention-start]");
  if (start) {
    field = textOf(start.form);
    field.focus();
    const space = field.value && !/\s$/.test(field.value) ? " " : "";
    field.value += `${space}@`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const removes = event.target.closest("[data-removes]");
  if (removes) document.querySelector(removes.dataset.removes)?.remove();
});
