// A public form inside another site tells that page how tall it is; a second click on Send does nothing.
const form = document.querySelector("[data-web-form]");
if (form) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
}
if (document.body.classList.contains("is-embedded") && window.parent !== window) {
  const tell = () => window.parent.postMessage({ webFormHeight: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  tell();
}
