// Nothing typed is lost: the form saves itself to the newsroom, and a copy stays in this browser
// until the newsroom has it.

const form = document.getElementById("content-form");
const QUIET_MS = 4000; // after the last key
const LONGEST_MS = 20000; // while typing goes on

if (form) {
  const status = document.getElementById("autosave-status");
  const token = form.elements.namedItem("token");
  let autosaveUrl = form.dataset.autosave;
  let key = `writing-${form.dataset.key}`;
  let last = snapshot();
  let firstChange = 0;
  let timer = 0;
  let saving = false;
  let blocked = false;
  let leaving = false;

  function syncEditors() {
    for (const editor of Object.values(window.CKEDITOR?.instances ?? {})) editor.updateElement();
  }

  function entries() {
    syncEditors();
    return [...new FormData(form)].filter(
      ([name, value]) =>
        typeof value === "string" && !["csrfmiddlewaretoken", "token"].includes(name),
    );
  }

  function snapshot() {
    return JSON.stringify(entries());
  }

  function say(text, kind = "") {
    status.textContent = text;
    status.dataset.kind = kind;
  }

  function keep(text) {
    try {
      localStorage.setItem(key, JSON.stringify({ text, at: Date.now(), token: token.value }));
    } catch {
      // The browser's storage is full or closed; the newsroom's copy is the one that counts.
    }
  }

  function letGo() {
    try {
      localStorage.removeItem(key);
    } catch {
      // as above
    }
  }

  function changed() {
    const now = snapshot();
    if (now === last || leaving) return;
    keep(now);
    if (blocked) return;
    firstChange ||= Date.now();
    clearTimeout(timer);
    const wait = Math.max(0, Math.min(QUIET_MS, firstChange + LONGEST_MS - Date.now()));
    timer = setTimeout(autosave, wait);
  }

  async function autosave() {
    if (saving || leaving) return;
    const sent = snapshot();
    if (sent === last) return;
    saving = true;
    firstChange = 0;
    try {
      const response = await fetch(autosaveUrl, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      const json = response.headers.get("Content-Type")?.startsWith("application/json");
      const answer = json ? await response.json() : { status: "signed-out" };
      hear(answer, sent);
    } catch {
      say(form.dataset.offline, "warning");
    } finally {
      saving = false;
      if (snapshot() !== last && !blocked) timer = setTimeout(autosave, QUIET_MS);
    }
  }

  function hear(answer, sent) {
    if (answer.status === "saved") {
      token.value = answer.token;
      last = sent;
      if (snapshot() === sent) letGo();
      say(`${form.dataset.saved} ${answer.at}`);
      if (autosaveUrl !== answer.autosave_url) {
        // A new text has its own address from now on.
        letGo();
        autosaveUrl = answer.autosave_url;
        form.action = answer.url;
        history.replaceState(null, "", answer.url);
      }
    } else if (answer.status === "invalid") {
      last = sent;
      say(form.dataset.invalid, "warning");
    } else if (answer.status === "signed-out") {
      last = sent;
      say(form.dataset.signedOut, "warning");
    } else {
      blocked = true;
      say(answer.message ?? form.dataset.conflict, "warning");
    }
  }

  // --- the copy in this browser ---------------------------------------------------------------

  function offerCopy() {
    let copy = null;
    try {
      copy = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (!copy || copy.text === last) return letGo();
    const box = document.getElementById("local-draft");
    box.querySelector("[data-draft-time]").textContent = new Date(copy.at).toLocaleString("zh-CN");
    box.hidden = false;
    box.querySelector("[data-discard-draft]").addEventListener("click", () => {
      letGo();
      box.hidden = true;
    });
    box.querySelector("[data-restore-draft]").addEventListener("click", () => {
      takeBack(JSON.parse(copy.text));
      box.hidden = true;
      changed();
    });
  }

  function takeBack(pairs) {
    const values = new Map();
    for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
    document.dispatchEvent(new CustomEvent("rows:grow", { detail: values }));
    for (const field of form.elements) {
      if (!field.name || ["csrfmiddlewaretoken", "token"].includes(field.name)) continue;
      const given = values.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = given.includes(field.value);
      } else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = given.includes(option.value);
      } else if (field.type !== "submit" && field.type !== "file" && given.length) {
        field.value = given[0];
        window.CKEDITOR?.instances[field.id]?.setData(given[0]);
      }
    }
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("rows:changed", changed);
  form.addEventListener("submit", () => {
    const now = snapshot();
    if (now !== last) keep(now);
    leaving = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && snapshot() !== last) event.preventDefault();
  });

  function watchEditor(editor) {
    editor.on("change", changed);
    // The editor tidies the text when it opens; that is nobody's typing.
    editor.on("instanceReady", () => {
      last = snapshot();
    });
  }
  if (window.CKEDITOR) {
    Object.values(window.CKEDITOR.instances).forEach(watchEditor);
    window.CKEDITOR.on("instanceCreated", (event) => watchEditor(event.editor));
    window.CKEDITOR.on("instanceReady", () => {
      last = snapshot();
    });
  }
  addEventListener("load", offerCopy);
}
