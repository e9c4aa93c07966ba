// Uploads the pictures that were pasted or dropped into an editor, lets a save wait for them, and
// tells below the editor what happens. Loaded after CKEditor and before library-paste.js.

(() => {
  const { CKEDITOR } = window;
  if (!CKEDITOR) return;

  const UPLOAD_TIMEOUT_MS = 10 * 60 * 1000;

  // What the editor shows until the page is left (a blob: URL) -> the picture's URL in the library,
  // "" if the upload failed. An undone step or an open dialog can bring a blob: URL back at any time,
  // therefore the output of the editor is translated, too.
  const addresses = new Map();
  let lastUpload = Promise.resolve();

  // Status below the editor

  function say(editor, topic, sentences, kind = "") {
    const region = editor.statusRegion;
    if (!region) return;
    let part = region.querySelector(`[data-topic="${topic}"]`);
    if (!part) {
      part = document.createElement("div");
      part.dataset.topic = topic;
      region.append(part);
    }
    part.dataset.kind = kind;
    part.replaceChildren(
      ...sentences.map((sentence) => {
        const line = document.createElement("p");
        line.textContent = sentence;
        return line;
      }),
    );
  }

  function addStatusRegion(editor) {
    const region = document.createElement("div");
    region.className = "editor-status";
    region.setAttribute("role", "status");
    editor.container.$.after(region);
    editor.statusRegion = region;
  }

  // Work that a save must wait for: promises of whether everything came in

  function track(editor, promise) {
    const work = promise.catch((error) => {
      console.error(error);
      return false;
    });
    editor.pendingWork ??= new Set();
    editor.pendingWork.add(work);
    work.finally(() => editor.pendingWork.delete(work));
    return work;
  }

  function busyEditors(form) {
    return Object.values(CKEDITOR.instances).filter(
      (editor) => editor.pendingWork?.size && (!form || form.contains(editor.element.$)),
    );
  }

  let submitter = null;
  let isWaiting = false;

  async function submitWhenComplete(form) {
    const waited = new Set();
    let isComplete = true;
    isWaiting = true;
    for (let editors = busyEditors(form); editors.length; editors = busyEditors(form)) {
      for (const editor of editors) {
        waited.add(editor);
        say(editor, "save", [editor.config.libraryLabels.waiting]);
      }
      const results = await Promise.all(editors.flatMap((editor) => [...editor.pendingWork]));
      isComplete &&= results.every(Boolean);
    }
    isWaiting = false;
    for (const editor of waited) {
      say(editor, "save", isComplete ? [] : [editor.config.libraryLabels.notSaved], "warning");
    }
    if (isComplete) form.requestSubmit(submitter);
  }

  document.addEventListener(
    "submit",
    (event) => {
      if (!busyEditors(event.target).length) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      submitter = event.submitter;
      if (!isWaiting) submitWhenComplete(event.target);
    },
    true,
  );
  addEventListener("beforeunload", (event) => {
    if (busyEditors().length) event.preventDefault();
  });

  // Uploads, one after the other

  function token() {
    return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  }

  async function send(editor, blob) {
    const { uploadUrl, libraryLabels } = editor.config;
    const body = new FormData();
    const type = blob.type.split("/")[1] ?? "png";
    body.append("upload", blob, blob.name ?? `${libraryLabels.pasted}.${type}`);
    try {
      const response = await fetch(uploadUrl, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": token() },
        signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
      });
      const answer = await response.json();
      return answer.uploaded ? { url: answer.url } : { error: answer.error.message };
    } catch {
      return { error: libraryLabels.notUploaded };
    }
  }

  function sayCount(editor) {
    const { uploads, config } = editor;
    say(editor, "upload", uploads ? [config.libraryLabels.uploading.replace("%s", uploads)] : []);
  }

  // Begin to upload a picture; return the URL that shows it meanwhile.
  function upload(editor, blob) {
    const shown = URL.createObjectURL(blob);
    editor.uploads = (editor.uploads ?? 0) + 1;
    sayCount(editor);
    const work = lastUpload
      .then(() => send(editor, blob))
      .then(({ url, error }) => {
        editor.uploads -= 1;
        sayCount(editor);
        addresses.set(shown, url ?? "");
        replaceShown(editor, shown, url);
        if (error) editor.showNotification(error, "warning");
        return !error;
      });
    lastUpload = track(editor, work);
    return shown;
  }

  function replaceShown(editor, shown, url) {
    if (editor.mode === "source") {
      if (url) editor.setData(editor.getData().replaceAll(shown, url));
      return;
    }
    editor.fire("lockSnapshot");
    for (const image of editor.editable().$.querySelectorAll("img")) {
      if (image.getAttribute("src") !== shown) continue;
      const widget = editor.widgets.getByElement(new CKEDITOR.dom.element(image));
      if (!url) {
        if (widget) editor.widgets.del(widget);
        else image.remove();
      } else if (widget) {
        widget.setData("src", url);
      } else {
        image.setAttribute("src", url);
        image.dataset.ckeSavedSrc = url;
      }
    }
    editor.fire("unlockSnapshot");
    editor.fire("change");
  }

  function translateOutput(editor) {
    const rules = {
      img({ attributes }) {
        for (const name of ["src", "data-cke-saved-src"]) {
          const address = addresses.get(attributes[name]);
          if (address === "") return false;
          if (address) attributes[name] = address;
        }
      },
    };
    editor.dataProcessor.htmlFilter.addRules({ elements: rules }, { applyToAll: true });
  }

  CKEDITOR.on("instanceReady", ({ editor }) => {
    addStatusRegion(editor);
    translateOutput(editor);
  });

  window.libraryEditor = { say, token, track, upload };
})();
