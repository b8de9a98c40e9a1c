// Puts the form where this script stands. The form tells its height; nothing else passes between the two pages.
(() => {
  const script = document.currentScript;
  const here = new URL(location.href);
  const address = new URL("{{ address|escapejs }}");
  address.searchParams.set("embedded", "1");
  for (const [name, value] of here.searchParams) if (/^(utm_\w+|gclid|bd_vid)$/.test(name)) address.searchParams.set(name, value);
  address.searchParams.set("landing", location.href.slice(0, 500));
  address.searchParams.set("referrer", document.referrer.slice(0, 500));
  if (script.dataset.lang) address.searchParams.set("lang", script.dataset.lang);
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = "{{ title|escapejs }}";
  frame.style.cssText = "width:100%;border:0;min-height:420px";
  script.after(frame);
  addEventListener("message", (message) => {
    if (message.source !== frame.contentWindow || message.origin !== "{{ origin|escapejs }}") return;
    const height = Number(message.data && message.data.webFormHeight);
    if (height > 0 && height < 5000) frame.style.height = `${height}px`;
  });
})();
