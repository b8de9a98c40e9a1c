// Several of many records (select[multiple][data-options-url]): the chosen ones as chips that a click takes off, others
// found as one types. The select stays in the form and carries the values.
const WAIT = 200;

function build(select) {
  if (select.dataset.armed) return;
  select.dataset.armed = "1";
  const box = document.createElement("div");
  box.className = "choose row row-wrap";
  const chips = document.createElement("span");
  chips.className = "chips";
  const input = document.createElement("input");
  input.className = "input input-small grow";
  Object.entries({ type: "text", autocomplete: "off", "data-no-draft": "", placeholder: select.dataset.placeholder ?? "",
    "aria-label": select.labels[0]?.textContent.trim() ?? "" }).forEach(([name, value]) => input.setAttribute(name, value));
  const list = document.createElement("ul");
  list.className = "suggest";
  list.hidden = true;
  select.classList.add("sr-only");
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.after(box);
  box.append(chips, input, list);
  let timer;

  const draw = () => chips.replaceChildren(...[...select.selectedOptions].map((option) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip chip-small";
    chip.textContent = `${option.text} ×`;
    chip.addEventListener("click", () => { option.selected = false; draw(); input.focus(); });
    return chip;
  }));
  const close = () => { list.hidden = true; };
  const take = (value, text) => {
    const there = [...select.options].find((one) => one.value === value);
    if (there) there.selected = true;
    else select.add(new Option(text, value, true, true));
    input.value = "";
    draw();
    close();
  };
  const find = async () => {
    const query = input.value.trim();
    if (!query) { close(); return; }
    const answer = await fetch(`${select.dataset.optionsUrl}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const { results = [] } = answer?.ok ? await answer.json() : {};
    if (query !== input.value.trim()) return;
    list.replaceChildren(...results.map((one) => {
      const row = document.createElement("li");
      const pick = document.createElement("button");
      pick.type = "button";
      pick.className = "suggest-item";
      pick.textContent = one.text;
      pick.addEventListener("click", () => { take(String(one.value), one.text); input.focus(); });
      row.append(pick);
      return row;
    }));
    list.hidden = results.length === 0;
  };
  input.addEventListener("input", (event) => { event.stopPropagation(); clearTimeout(timer); timer = setTimeout(find, WAIT); });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") { event.preventDefault(); list.querySelector("button")?.click(); }
    if (event.key === "ArrowDown") { event.preventDefault(); list.querySelector("button")?.focus(); }
    if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
  });
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) close(); });
  draw();
}

function prepare(root) { root.querySelectorAll("select[multiple][data-options-url]").forEach(build); }
document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.target.parentElement ?? document));
prepare(document);
