// Toasts. The server sends HX-Trigger: {"toast": {"text", "kind", "undo_url"}}; modules dispatch the same event.
// A toast stays 8 s, longer while it is hovered or focused, and may end in Undo or Retry.
const STAY = 8000;
const box = document.getElementById("toasts");
const live = box?.querySelector("[data-toast-live]");
const words = box?.querySelector("[data-toast-words]")?.dataset ?? {};

function stay(note) {
  let timer;
  const start = () => { clearTimeout(timer); timer = setTimeout(() => note.remove(), STAY); };
  const hold = () => clearTimeout(timer);
  note.addEventListener("mouseenter", hold);
  note.addEventListener("focusin", hold);
  note.addEventListener("mouseleave", start);
  note.addEventListener("focusout", start);
  start();
}

export function toast({ text, kind = "ok", undo_url: undoUrl, url, label, retry } = {}) {
  if (!box || !text) return;
  const note = box.querySelector("[data-toast-template]").content.firstElementChild.cloneNode(true);
  const bad = kind === "bad" || kind === "error" || kind === "failure";
  note.classList.toggle("toast-bad", bad);
  note.querySelector("[data-toast-icon-ok]").hidden = bad;
  note.querySelector("[data-toast-icon-bad]").hidden = !bad;
  note.querySelector(".toast-text").textContent = text;
  const action = note.querySelector("[data-toast-action]");
  if (undoUrl || url || retry) {
    action.hidden = false;
    if (label || retry) action.textContent = label || words.retry;
    action.addEventListener("click", () => {
      note.remove();
      if (retry) retry();
      else if (url) window.location.assign(url);
      else window.htmx?.ajax("POST", undoUrl, { swap: "none" });
    });
  }
  note.querySelector("[data-toast-close]").addEventListener("click", () => note.remove());
  if (live) live.textContent = text;
  box.append(note);
  while (box.querySelectorAll("[data-toast]").length > 3) box.querySelector("[data-toast]").remove();
  stay(note);
}

document.addEventListener("toast", (event) => toast(event.detail));
box?.querySelectorAll("[data-toast]").forEach(stay);

// What went wrong with a request, in words; the form keeps what was typed.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const kind = "bad";
  const here = encodeURIComponent(window.location.pathname + window.location.search);
  if (xhr.status === 401) toast({ text: words.signin, kind, url: `${words.signinUrl}?next=${here}`, label: words.signinLabel });
  else if (xhr.getResponseHeader("X-Page-Stale")) toast({ text: words.stale, kind, label: words.reload, retry: () => window.location.reload() });
  else toast({ text: { 403: words.forbidden, 404: words.gone, 413: words.large, 429: words.often }[xhr.status] ?? (event.detail.requestConfig?.verb === "get" ? words.unread : words.failed), kind });
});
document.addEventListener("htmx:sendError", (event) => {
  const source = event.detail.elt;
  const form = source?.closest("form");
  toast({ text: words.offline, kind: "bad", retry: form ? () => form.requestSubmit() : undefined });
});
