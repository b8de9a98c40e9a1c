// Uploads with progress: every file of a form that has an address for them is sent at once, by itself.
// Markup: form[data-upload-to="/customers/42/files/"][data-max="20"] with [data-upload-rows] adds to a record and fires
// filesChanged; form[data-upload-new="/files/"] with [data-uploaded] keeps them for a draft, as chips that carry their id.
// [data-upload-words] has the sentences. Choosing, dropping and pasting is files.js; keeping the draft is form.js.
const addressOf = (form) => form.dataset.uploadTo ?? form.dataset.uploadNew;
const wordsOf = (form) => form.querySelector("[data-upload-words]")?.dataset ?? {};
const tokenOf = (form) => form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

function element(tag, css, text) {
  const made = document.createElement(tag);
  made.className = css;
  if (text) made.textContent = text;
  return made;
}

function chip(form, name) {
  const place = form.querySelector("[data-uploaded], [data-upload-rows]");
  const row = element(place.matches("ul") ? "li" : "span", "upload-chip");
  row.append(element("span", "upload-name", name));
  place.hidden = false;
  place.append(row);
  return row;
}

function removable(form, row, after) {
  const button = element("button", "upload-remove", "×");
  button.type = "button";
  button.setAttribute("aria-label", `${wordsOf(form).remove} ${row.querySelector(".upload-name").textContent}`);
  button.addEventListener("click", () => {
    const place = row.parentElement;
    row.remove();
    if (place?.matches("[data-uploaded]")) place.hidden = !place.children.length;
    after?.();
  });
  row.append(button);
}

function changed(form) {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

// A file kept for a draft: its id goes along with the form, its cross gives it up.
function keep(form, row, id) {
  row.dataset.upload = id;
  const field = element("input", "");
  field.type = "hidden";
  field.name = "uploads";
  field.value = id;
  row.append(field);
  removable(form, row, () => { discard(form, id); changed(form); });
}

function discard(form, id) {
  fetch(`${form.dataset.uploadNew}${id}/discard/`, { method: "POST", headers: { "X-CSRFToken": tokenOf(form) } }).catch(() => {});
}

function failed(form, row, text, retry) {
  row.classList.add("is-bad");
  row.querySelector("progress")?.remove();
  row.append(element("span", "upload-error", text));
  if (retry) {
    const again = element("button", "link-btn", wordsOf(form).retry);
    again.type = "button";
    again.addEventListener("click", () => { row.remove(); retry(); });
    row.append(again);
  }
  removable(form, row);
}

function send(form, file) {
  const words = wordsOf(form);
  const row = chip(form, file.name);
  const most = Number(form.dataset.max || 0);
  if (most && file.size > most * 1024 * 1024) return failed(form, row, words.large.replace("{limit}", most));
  const bar = element("progress", "");
  bar.max = 100;
  bar.setAttribute("aria-label", file.name);
  row.append(bar);
  row.dataset.uploading = "";
  const again = () => send(form, file);
  const body = new FormData();
  body.append("files", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", addressOf(form));
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", tokenOf(form));
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100; });
  request.addEventListener("loadend", () => {
    delete row.dataset.uploading;
    let result;
    try { [result] = JSON.parse(request.responseText).results; } catch { /* not our answer */ }
    if (result?.error) return failed(form, row, result.error);
    if (!result) {
      if (request.responseURL.includes("/auth/login/")) return failed(form, row, document.querySelector("[data-toast-words]").dataset.signin, again);
      const denied = [401, 403, 404].includes(request.status);
      return failed(form, row, denied ? words.denied : request.status === 413 ? words.large.replace("{limit}", most) : words.failed, denied ? null : again);
    }
    bar.remove();
    if (form.dataset.uploadNew) {
      keep(form, row, result.id);
      changed(form);
    } else {
      row.remove();
      ready(form, file.name);
    }
  });
  request.send(body);
}

// The list is read anew once nothing is on its way any more, so that no bar is swept away.
function ready(form, name) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: wordsOf(form).done.replace("{name}", name) } }));
  if (form.querySelector("[data-uploading]")) return;
  ["filesChanged", "timelineChanged"].forEach((event) => window.htmx?.trigger(document.body, event));
}

document.addEventListener("change", (event) => {
  const input = event.target;
  const form = input.matches?.("input[type=file]") ? input.form : null;
  if (!form || !addressOf(form) || !input.files.length) return;
  const files = [...input.files];
  input.value = "";
  files.forEach((file) => send(form, file));
});

// Drafts: form.js keeps which files belong to one; here their chips come back.
function restore(form) {
  const kept = form.dataset.draftUploads;
  delete form.dataset.draftUploads;
  if (!kept) return;
  JSON.parse(kept).forEach(({ id, name }) => {
    if (!form.querySelector(`[data-upload="${Number(id)}"]`)) keep(form, chip(form, name), Number(id));
  });
}
document.addEventListener("draft:uploads", (event) => restore(event.target));
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-draft-drop]")?.closest("form[data-upload-new]");
  form?.querySelectorAll("[data-upload]").forEach((row) => { discard(form, row.dataset.upload); row.remove(); });
});
document.querySelectorAll("form[data-draft-uploads]").forEach(restore);
