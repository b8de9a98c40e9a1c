// Security keys: the browser asks the key, the form sends its answer.
// Markup: form[data-key="add" or "use"] with [data-key-options] naming the script that holds what to ask, a hidden input
// "credential", a button [data-key-start] and notes [data-key-says="insecure|unsupported|refused|known"].
const NAMES = { NotAllowedError: "refused", AbortError: "refused", InvalidStateError: "known", SecurityError: "insecure" };

function say(form, word) {
  form.querySelectorAll("[data-key-says]").forEach((note) => { note.hidden = note.dataset.keySays !== word; });
}

// Browsers give keys to https and to localhost, never to a bare address such as 192.168.1.5.
function obstacle() {
  if (!window.isSecureContext || /^[\d.]+$|:/.test(window.location.hostname)) return "insecure";
  return window.webauthnJSON?.supported() ? "" : "unsupported";
}

async function ask(form) {
  const options = JSON.parse(document.getElementById(form.dataset.keyOptions).textContent);
  const answer = form.dataset.key === "add"
    ? await window.webauthnJSON.create(options.creation_options)
    : await window.webauthnJSON.get(options.request_options);
  form.elements.credential.value = JSON.stringify(answer);
  HTMLFormElement.prototype.submit.call(form); // which does not ask again
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-key]");
  if (!form) return;
  event.preventDefault();
  say(form, obstacle());
  if (obstacle()) return;
  ask(form).catch((error) => say(form, NAMES[error.name] ?? "refused"));
});

document.querySelectorAll("form[data-key]").forEach((form) => {
  form.querySelector("[data-key-start]").disabled = Boolean(obstacle());
  say(form, obstacle());
});
