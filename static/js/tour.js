// The tour of a new person: a dialog in front of the page with a hole over the place it speaks of. Keys: arrows and
// Enter go on, Esc puts it off. The server keeps the step, so that an interrupted tour goes on where it was.
const source = document.querySelector("template[data-tour]");
const GAP = 12;
let box;
let steps = [];
let at = 0;

const inSight = (node) => node.getClientRects().length > 0 && node.checkVisibility?.() !== false;
const placeOf = (step) => [...document.querySelectorAll(step.dataset.at)].find(inSight);
const part = (name) => box.querySelector(`[data-tour-${name}]`);

function keep(values) {
  window.htmx?.ajax("POST", source.dataset.tourUrl, { values, swap: "none" });
}

function put(node, values) {
  Object.entries(values).forEach(([name, value]) => { node.style[name] = `${value}px`; });
}

function lay() {
  const place = placeOf(steps[at]);
  if (!place) return;
  place.scrollIntoView({ block: place.offsetHeight > window.innerHeight ? "start" : "nearest" });
  const seen = place.getBoundingClientRect();
  const top = Math.max(seen.top, 0);
  const bottom = Math.min(seen.bottom, window.innerHeight);
  const around = { left: Math.max(seen.left - 6, 2), top: Math.max(top - 6, 2) };
  put(box.querySelector(".tour-hole"), {
    ...around, width: Math.min(seen.right + 6, window.innerWidth - 2) - around.left, height: Math.min(bottom + 6, window.innerHeight - 2) - around.top,
  });
  const card = box.querySelector(".tour-card");
  const { width, height } = card.getBoundingClientRect();
  const fits = (left, y) => left >= 8 && y >= 8 && left + width <= window.innerWidth - 8 && y + height <= window.innerHeight - 8;
  const level = Math.min(Math.max(top, 8), window.innerHeight - height - 8);
  const beside = Math.min(Math.max(seen.left, 8), window.innerWidth - width - 8);
  const spots = [
    [beside, bottom + 6 + GAP], [beside, top - 6 - GAP - height],
    [seen.right + 6 + GAP, level], [seen.left - 6 - GAP - width, level],
  ];
  // A place that fills the page leaves no room around it: the card then lies over its lower end.
  const [left, y] = spots.find((spot) => fits(...spot)) ?? [beside, window.innerHeight - height - 24];
  put(card, { left, top: y });
}

function show(step) {
  at = step;
  const [name, text] = [steps[at].querySelector("b"), steps[at].querySelector("span")];
  box.querySelector("#tour-title").textContent = name.textContent;
  box.querySelector("#tour-text").textContent = text.textContent;
  part("count").textContent = `${at + 1} / ${steps.length}`;
  part("back").hidden = at === 0;
  const next = part("next");
  next.dataset.word ??= next.textContent;
  next.textContent = at === steps.length - 1 ? next.dataset.last : next.dataset.word;
  lay();
  next.focus({ preventScroll: true });
  keep({ step: at + 1 });
}

function end(answer) {
  if (answer) keep({ answer });
  window.removeEventListener("resize", lay);
  box.close();
  box.remove();
  box = null;
  document.querySelectorAll("[data-tour-start]").forEach((one) => { if (answer) one.hidden = true; else one.focus(); });
}

function start() {
  if (box) return;
  const copy = source.content.cloneNode(true);
  steps = [...copy.querySelectorAll("li")].filter(placeOf);
  box = copy.querySelector("dialog");
  document.body.append(box);
  box.showModal();
  box.addEventListener("cancel", (event) => { event.preventDefault(); end(); });
  box.addEventListener("click", (event) => {
    const on = (name) => event.target.closest(`[data-tour-${name}]`);
    if (on("later")) end();
    else if (on("skip")) end("end");
    else if (on("back")) show(at - 1);
    else if (on("next")) { if (at === steps.length - 1) end("end"); else show(at + 1); }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight" && at < steps.length - 1) show(at + 1);
    else if (event.key === "ArrowLeft" && at > 0) show(at - 1);
    else return;
    event.preventDefault();
  });
  window.addEventListener("resize", lay);
  show(Math.min(Number(source.dataset.tourAt), steps.length - 1));
}

if (source) {
  document.addEventListener("click", (event) => { if (event.target.closest("[data-tour-start]")) start(); });
  if ("tourNow" in source.dataset) window.addEventListener("load", start, { once: true });
}
