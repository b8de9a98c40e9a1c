// Selects over too many records (select[data-options-url]) as a search box with suggestions. The select stays in the
// form and carries the value; without JavaScript it is an ordinary select. Several choices (select[multiple]) become chips.
const WAIT = 200;
let number = 0;

function build(select) {
  if (select.dataset.armed) return;
  select.dataset.armed = "1";
  number += 1;
  const box = document.createElement("div");
  box.className = "choose";
  const input = document.createElement("input");
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `choose-${number}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const label = select.labels[0]?.textContent.replace("*", "").trim() ?? select.getAttribute("aria-label") ?? "";
  Object.entries({ type: "text", class: "select", role: "combobox", autocomplete: "off", "aria-expanded": "false",
    "aria-autocomplete": "list", "aria-controls": list.id, "aria-label": label, "data-no-draft": "" })
    .forEach(([name, value]) => input.setAttribute(name, value));
  ["aria-invalid", "aria-describedby"].forEach((name) => {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  });
  input.disabled = select.disabled;
  input.autofocus = select.autofocus;
  select.classList.add("sr-only");
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.after(box);
  box.append(input, list);

  let shown = [];
  let at = -1;
  let asked = 0;
  let timer;
  const chosen = () => select.selectedOptions[0];
  const sync = () => {
    const option = chosen();
    input.value = option?.value ? option.text : "";
    input.placeholder = [...select.options].find((one) => !one.value)?.text ?? "";
  };
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const mark = (index) => {
    at = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  };
  const take = (item) => {
    if (!item) return;
    if (![...select.options].some((one) => one.value === item.value)) select.add(new Option(item.text, item.value));
    select.value = item.value;
    sync();
    close();
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const show = (items) => {
    shown = items;
    list.replaceChildren(...items.map((item, index) => {
      const row = document.createElement("li");
      row.id = `${list.id}-${index}`;
      row.className = "suggest-item";
      row.setAttribute("role", "option");
      row.textContent = item.text;
      row.addEventListener("pointerdown", (event) => { event.preventDefault(); take(item); });
      return row;
    }));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    mark(items.findIndex((item) => item.value === select.value));
  };
  const offered = () => [...select.options].map((one) => ({ value: one.value, text: one.text }));
  const find = async () => {
    asked += 1;
    const mine = asked;
    const query = input.value.trim();
    if (!query) { show(offered()); return; }
    const answer = await fetch(`${select.dataset.optionsUrl}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (mine !== asked || document.activeElement !== input) return;
    const { results = [] } = answer?.ok ? await answer.json() : {};
    show(results.map((one) => ({ value: String(one.value), text: one.text })));
    if (results.length) mark(0);
  };

  input.addEventListener("focus", () => { input.select(); show(offered()); });
  input.addEventListener("click", () => { if (list.hidden) show(offered()); });
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    if (!input.value.trim() && [...select.options].some((one) => !one.value) && select.value) take({ value: "", text: "" });
    sync();
    close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) show(offered());
      else mark(Math.max(0, Math.min(shown.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      take(shown[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  select.addEventListener("focus", () => input.focus());
  select.addEventListener("sync", sync);
  select.form?.addEventListener("reset", () => setTimeout(sync, 0));
  sync();
}

function chips(select) {
  if (select.dataset.armed || select.options.length > 60) return;
  select.dataset.armed = "1";
  const box = document.createElement("div");
  box.className = "chips";
  [...select.options].forEach((option) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip chip-small";
    chip.textContent = option.text;
    chip.setAttribute("aria-pressed", String(option.selected));
    chip.addEventListener("click", () => {
      option.selected = !option.selected;
      chip.setAttribute("aria-pressed", String(option.selected));
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    box.append(chip);
  });
  select.classList.add("sr-only");
  select.tabIndex = -1;
  select.after(box);
}

function prepare(root) {
  root.querySelectorAll("select[data-options-url]:not([multiple])").forEach(build);
  root.querySelectorAll(".field select[multiple]:not([data-options-url])").forEach(chips);
}
document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.target.parentElement ?? document));
prepare(document);
