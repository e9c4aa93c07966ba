// Autosave: the form is saved to the server while it is edited, and a copy stays in localStorage
// until the server has confirmed it.

const form = document.getElementById("content-form");
const IDLE_MS = 4000; // after the last input
const MAX_WAIT_MS = 20000; // while input continues

if (form) {
  const status = document.getElementById("autosave-status");
  const token = form.elements.namedItem("token");
  let autosaveUrl = form.dataset.autosave;
  let key = `draft-${form.dataset.key}`;
  let lastSaved = snapshot();
  let firstChange = 0;
  let timer = 0;
  let running = null; // the promise of an autosave in flight
  let submitter = null;
  let isWaiting = false;
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

  function showStatus(text, kind = "") {
    status.textContent = text;
    status.dataset.kind = kind;
  }

  function storeCopy(text) {
    try {
      localStorage.setItem(key, JSON.stringify({ text, at: Date.now(), token: token.value }));
    } catch {
      // The browser's storage is full or disabled; the server's copy is authoritative.
    }
  }

  function deleteCopy() {
    try {
      localStorage.removeItem(key);
    } catch {
      // Storage is disabled: there is no copy.
    }
  }

  function onChange() {
    const now = snapshot();
    if (now === lastSaved || leaving) return;
    storeCopy(now);
    if (blocked) return;
    firstChange ||= Date.now();
    clearTimeout(timer);
    const wait = Math.max(0, Math.min(IDLE_MS, firstChange + MAX_WAIT_MS - Date.now()));
    timer = setTimeout(autosave, wait);
  }

  async function autosave() {
    if (running || leaving) return;
    const sent = snapshot();
    if (sent === lastSaved) return;
    firstChange = 0;
    running = send(sent);
    await running;
    running = null;
    if (snapshot() !== lastSaved && !blocked) timer = setTimeout(autosave, IDLE_MS);
  }

  async function send(sent) {
    try {
      const response = await fetch(autosaveUrl, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      if (response.status >= 500) {
        // A fault of the server or of the proxy: the timer tries again.
        showStatus(form.dataset.unavailable, "warning");
        return;
      }
      const json = response.headers.get("Content-Type")?.startsWith("application/json");
      const answer = json ? await response.json() : { status: "signed-out" };
      handleAnswer(answer, sent);
    } catch {
      showStatus(form.dataset.offline, "warning");
    }
  }

  // A save during an autosave would create a new object twice, or conflict with the autosave.
  async function submitAfterAutosave() {
    isWaiting = true;
    const limit = new Promise((resolve) => setTimeout(resolve, MAX_WAIT_MS));
    await Promise.race([running, limit]);
    isWaiting = false;
    running = null;
    form.requestSubmit(submitter);
  }

  function handleAnswer(answer, sent) {
    if (answer.status === "saved") {
      token.value = answer.token;
      lastSaved = sent;
      if (snapshot() === sent) deleteCopy();
      const isComplete = !Object.values(window.CKEDITOR?.instances ?? {}).some(
        (editor) => editor.pendingWork?.size,
      );
      showStatus(`${form.dataset.saved} ${answer.at}${isComplete ? "" : form.dataset.incomplete}`);
      if (autosaveUrl !== answer.autosave_url) {
        // A new object has got its own address.
        deleteCopy();
        autosaveUrl = answer.autosave_url;
        form.action = answer.url;
        history.replaceState(null, "", answer.url);
      }
    } else if (answer.status === "invalid") {
      lastSaved = sent;
      showStatus(form.dataset.invalid, "warning");
    } else if (answer.status === "signed-out") {
      lastSaved = sent;
      showStatus(form.dataset.signedOut, "warning");
    } else {
      blocked = true;
      showStatus(answer.message ?? form.dataset.conflict, "warning");
    }
  }

  // Copy in this browser

  function offerCopy() {
    let copy = null;
    try {
      copy = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (!copy || copy.text === lastSaved) return deleteCopy();
    const box = document.getElementById("local-draft");
    box.querySelector("[data-draft-time]").textContent = new Date(copy.at).toLocaleString("zh-CN");
    box.hidden = false;
    box.querySelector("[data-discard-draft]").addEventListener("click", () => {
      deleteCopy();
      box.hidden = true;
    });
    box.querySelector("[data-restore-draft]").addEventListener("click", () => {
      restoreCopy(JSON.parse(copy.text));
      box.hidden = true;
      onChange();
    });
  }

  function restoreCopy(pairs) {
    const values = new Map();
    for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
    document.dispatchEvent(new CustomEvent("rows:grow", { detail: values }));
    for (const field of form.elements) {
      if (!field.name || ["csrfmiddlewaretoken", "token"].includes(field.name)) continue;
      const stored = values.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = stored.includes(field.value);
      } else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = stored.includes(option.value);
      } else if (field.type !== "submit" && field.type !== "file" && stored.length) {
        field.value = stored[0];
        window.CKEDITOR?.instances[field.id]?.setData(stored[0]);
      }
    }
  }

  form.addEventListener("input", onChange);
  form.addEventListener("change", onChange);
  document.addEventListener("rows:changed", onChange);
  form.addEventListener("submit", (event) => {
    if (running) {
      event.preventDefault();
      submitter = event.submitter;
      if (!isWaiting) submitAfterAutosave();
      return;
    }
    const now = snapshot();
    if (now !== lastSaved) storeCopy(now);
    leaving = true;
  });
  document.addEventListener("signing-out", () => {
    leaving = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && snapshot() !== lastSaved) event.preventDefault();
  });

  function watchEditor(editor) {
    editor.on("change", onChange);
    // The editor normalises the text when it opens; that is not a user's change.
    editor.on("instanceReady", () => {
      lastSaved = snapshot();
    });
  }
  if (window.CKEDITOR) {
    Object.values(window.CKEDITOR.instances).forEach(watchEditor);
    window.CKEDITOR.on("instanceCreated", (event) => watchEditor(event.editor));
    window.CKEDITOR.on("instanceReady", () => {
      lastSaved = snapshot();
    });
  }
  addEventListener("load", offerCopy);
}
