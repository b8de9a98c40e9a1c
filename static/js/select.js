// Choices: a select of many records (data-options-url) finds them as one types, a select[multiple] shows its choices
// as removable chips. tom-select is fetched when a page first needs it; without JavaScript the selects stay as they are.
const WANTED = "select[data-options-url], select[multiple]:not([data-plain])";
let loading = null;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("../vendor/tom-select.css", import.meta.url);
    const script = document.createElement("script");
    script.src = new URL("../vendor/tom-select.js", import.meta.url);
    script.onload = () => resolve(window.TomSelect);
    script.onerror = reject;
    document.head.prepend(sheet);
    document.head.append(script);
  });
  return loading;
}

function remote(url) {
  return (text, done) => {
    fetch(`${url}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { results: [] }))
      .then((body) => done(body.results))
      .catch(() => done());
  };
}

async function arm(root) {
  const found = [...root.querySelectorAll(WANTED)].filter((select) => !select.tomselect && !select.disabled);
  if (!found.length) return;
  const TomSelect = await load().catch(() => null);
  if (!TomSelect) return;
  found.filter((select) => select.isConnected && !select.tomselect).forEach((select) => {
    const url = select.dataset.optionsUrl;
    new TomSelect(select, {
      plugins: select.multiple ? ["remove_button"] : [],
      maxOptions: 200,
      placeholder: select.dataset.placeholder ?? "",
      allowEmptyOption: false,
      ...(url ? { load: remote(url), shouldLoad: (text) => text.length > 0, score: () => () => 1 } : {}),
    });
  });
}

document.addEventListener("htmx:afterSettle", (event) => arm(event.detail.elt.parentElement ?? document));
arm(document);
