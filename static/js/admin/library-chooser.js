// The chooser (a popup): passes the chosen file to the window that opened it; uploads files.

const main = document.querySelector("[data-chooser-page]");
const list = main.querySelector("[data-items]");
const status = main.querySelector("[data-status]");
const form = main.querySelector("[data-upload]");

function choose(item) {
  const opener = window.opener;
  if (!opener) return;
  const callbackNumber = main.dataset.functionNumber;
  if (callbackNumber) {
    // Opened by CKEditor's file browser: set the URL, and the alternative text if it is empty.
    opener.CKEDITOR.tools.callFunction(Number(callbackNumber), item.url, function fill() {
      const alt = this.getDialog?.().getContentElement("info", "alt");
      if (alt && !alt.getValue()) alt.setValue(item.alt ?? "");
    });
  } else {
    opener.postMessage(item, location.origin);
  }
  window.close();
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-item]");
  if (button) choose(JSON.parse(button.dataset.item));
});

function buildItem(item) {
  const container = document.createElement("div");
  container.append(main.querySelector("[data-blank]").content.cloneNode(true));
  const row = container.firstElementChild;
  const button = row.querySelector("[data-item]");
  button.dataset.item = JSON.stringify(item);
  const picture = row.querySelector("img");
  if (picture) picture.src = item.thumb;
  row.querySelector("[data-title]").textContent = item.title || item.name;
  const kind = row.querySelector("[data-kind]");
  if (kind) kind.textContent = (item.document ?? "").toUpperCase();
  return row;
}

async function upload(file) {
  const data = new FormData(form);
  data.set("upload", file, file.name);
  const response = await fetch(form.action, { method: "POST", body: data });
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!isJson) return { error: { message: form.dataset.failed } };
  return response.json();
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.namedItem("upload");
  const button = form.querySelector("[type=submit]");
  const errors = [];
  let newest = null;
  button.disabled = true;
  for (const file of field.files) {
    status.textContent = `${form.dataset.busy} ${file.name}`;
    let result;
    try {
      result = await upload(file);
    } catch {
      result = { error: { message: form.dataset.failed } };
    }
    if (result.uploaded) {
      list.querySelectorAll("[data-item]").forEach((old) => {
        if (JSON.parse(old.dataset.item).id === result.id) old.closest("li").remove();
      });
      newest = buildItem(result);
      list.prepend(newest);
    } else {
      errors.push(`${file.name}: ${result.error.message}`);
    }
  }
  button.disabled = false;
  if (newest) {
    main.querySelector("[data-nothing]")?.remove();
    newest.querySelector("button").focus();
    form.reset();
  }
  status.textContent = [...errors, newest ? form.dataset.done : ""].filter(Boolean).join(" ");
  status.dataset.kind = errors.length ? "error" : "";
});
