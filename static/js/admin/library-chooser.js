// The chooser's window: hands the chosen file to the page that opened it, and takes uploads.

const main = document.querySelector("[data-chooser-page]");
const list = main.querySelector("[data-items]");
const status = main.querySelector("[data-status]");
const form = main.querySelector("[data-upload]");

function choose(item) {
  const opener = window.opener;
  if (!opener) return;
  const number = main.dataset.functionNumber;
  if (number) {
    // CKEditor's file browser. Whatever the dialog has no words for yet comes along.
    opener.CKEDITOR.tools.callFunction(Number(number), item.url, function fill() {
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

function card(item) {
  const holder = document.createElement("div");
  holder.append(main.querySelector("[data-blank]").content.cloneNode(true));
  const row = holder.firstElementChild;
  const button = row.querySelector("[data-item]");
  button.dataset.item = JSON.stringify(item);
  const picture = row.querySelector("img");
  if (picture) picture.src = item.thumb;
  row.querySelector("[data-title]").textContent = item.title || item.name;
  const kind = row.querySelector("[data-kind]");
  if (kind) kind.textContent = (item.document ?? "").toUpperCase();
  return row;
}

async function send(file) {
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
  const sentences = [];
  let newest = null;
  button.disabled = true;
  for (const file of field.files) {
    status.textContent = `${form.dataset.busy} ${file.name}`;
    let answer;
    try {
      answer = await send(file);
    } catch {
      answer = { error: { message: form.dataset.failed } };
    }
    if (answer.uploaded) {
      list.querySelectorAll("[data-item]").forEach((old) => {
        if (JSON.parse(old.dataset.item).id === answer.id) old.closest("li").remove();
      });
      newest = card(answer);
      list.prepend(newest);
    } else {
      sentences.push(`${file.name}: ${answer.error.message}`);
    }
  }
  button.disabled = false;
  if (newest) {
    main.querySelector("[data-nothing]")?.remove();
    newest.querySelector("button").focus();
    form.reset();
  }
  status.textContent = [...sentences, newest ? form.dataset.done : ""].filter(Boolean).join(" ");
  status.dataset.kind = sentences.length ? "error" : "";
});
