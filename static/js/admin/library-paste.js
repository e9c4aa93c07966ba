// Lets the server clean what is pasted or dropped, before the editor's own filters change it: they
// turn hidden, deleted and commented content into plain text. Loaded after library-uploads.js.

(() => {
  const { CKEDITOR, libraryEditor } = window;
  if (!CKEDITOR) return;

  const { say, token, track, upload } = libraryEditor;
  const CLEANING_TIMEOUT_MS = 60 * 1000;

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    // Before all listeners of the editor, whose priorities are 1 to 1000.
    editor.on("paste", onPaste, null, null, 0);
  });

  function onPaste(event) {
    const { editor, data } = event;
    const transfer = data.dataTransfer;
    const isExternal =
      !transfer || transfer.getTransferType(editor) === CKEDITOR.DATA_TRANSFER_EXTERNAL;
    if (data.isCleaned || !isExternal) return;
    const value = data.dataValue?.includes("<") ? data.dataValue : "";
    const html = transfer?.getData("text/html", true) || value;
    const files = imageFiles(transfer);
    if (!html && !files.length) return; // words without markup
    event.cancel();
    const paste = {
      html,
      files,
      transfer,
      method: data.method,
      type: (editor._.nextPasteType || data.type) === "text" ? "text" : "html",
      place: markPlace(editor, data.range),
    };
    delete editor._.nextPasteType;
    say(editor, "paste", [editor.config.libraryLabels.cleaning]);
    const answer = clean(editor, paste);
    // What is pasted later waits, so that it stands behind.
    const before = editor.lastPaste ?? Promise.resolve();
    const work = before.then(() => answer).then((cleaned) => finish(editor, paste, cleaned));
    editor.lastPaste = track(editor, work);
  }

  function imageFiles(transfer) {
    const count = transfer?.getFilesCount() ?? 0;
    const files = Array.from({ length: count }, (_, index) => transfer.getFile(index));
    return files.filter((file) => file?.type.startsWith("image/"));
  }

  // The place of the paste: an element that the output of the editor does not contain

  function markPlace(editor, droppedAt) {
    const ranges = droppedAt ? [droppedAt] : (editor.getSelection()?.getRanges() ?? []);
    if (ranges.length !== 1) return null; // cells of a table: they stay selected
    editor.fire("lockSnapshot");
    leaveWidget(editor, ranges[0]);
    const { startNode, endNode } = ranges[0].createBookmark();
    startNode.removeAttribute("style");
    startNode.setHtml("");
    startNode.addClass("paste-place");
    startNode.setAttribute("contenteditable", "false");
    const range = editor.createRange();
    range.setStartAfter(startNode);
    if (endNode) range.setEndBefore(endNode);
    else range.collapse(true);
    for (const node of [startNode, endNode]) {
      node?.removeAttribute("data-cke-bookmark");
      node?.setAttribute("data-cke-temp", "1");
    }
    range.select();
    editor.fire("unlockSnapshot");
    return { startNode, endNode, words: endNode ? wordsBetween(startNode, endNode) : "" };
  }

  // Move a range behind the picture that is selected or whose inner part the range begins in: a paste
  // does not replace the picture that was pasted before. Return whether the range was moved.
  function leaveWidget(editor, range) {
    const node = range.startContainer;
    const element = node.type === CKEDITOR.NODE_ELEMENT ? node : node.getParent();
    const around = element.isReadOnly() ? editor.widgets.getByElement(element) : null;
    const widget = editor.widgets.focused ?? around;
    if (!widget) return false;
    range.setStartAfter(widget.wrapper);
    range.collapse(true);
    return true;
  }

  function nativeRange(startNode) {
    const range = document.createRange();
    range.setStartAfter(startNode.$);
    return range;
  }

  function wordsBetween(startNode, endNode) {
    const range = nativeRange(startNode);
    range.setEndBefore(endNode.$);
    return range.toString();
  }

  function removePlace(place) {
    place?.startNode.remove();
    place?.endNode?.remove();
  }

  // Whether the caret is where the paste began, so that it belongs behind the pasted text.
  function isCaretAtPlace({ startNode, endNode, words }) {
    const caret = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    if (!caret) return true;
    if (endNode) return !caret.collapsed && caret.toString() === words;
    const range = nativeRange(startNode);
    if (!caret.collapsed || range.comparePoint(caret.startContainer, caret.startOffset) < 0) {
      return false;
    }
    range.setEnd(caret.startContainer, caret.startOffset);
    const isBlock = range.cloneContents().querySelector("p, h2, h3, h4, li, td, th, img, br");
    return !isBlock && !range.toString().replaceAll("\u200b", "");
  }

  // Select the place instead of the caret; return a function that puts the caret back.
  function selectPlace(editor, place) {
    const root = editor.editable().$;
    const focused = document.activeElement;
    const isElsewhere = !root.contains(focused);
    let caret = null;
    if (!isElsewhere && !isCaretAtPlace(place)) caret = editor.getSelection().createBookmarks();
    const { startNode, endNode } = place;
    const isUnchanged =
      endNode && root.contains(endNode.$) && wordsBetween(startNode, endNode) === place.words;
    if (!isUnchanged) endNode?.remove();
    const range = editor.createRange();
    range.moveToBookmark({ startNode, endNode: isUnchanged ? endNode : null });
    range.select();
    return () => {
      if (caret && root.contains(caret[0].startNode.$)) editor.getSelection().selectBookmarks(caret);
      if (isElsewhere && focused !== document.body) focused.focus();
    };
  }

  // The answer of the server

  function finish(editor, paste, answer) {
    const { place, type } = paste;
    const isGone = place && !editor.editable()?.$.contains(place.startNode.$);
    const isLost = isGone || editor.mode !== "wysiwyg";
    if (answer.error || isLost) {
      removePlace(place);
      say(editor, "paste", [answer.error ?? editor.config.libraryLabels.moved], "warning");
      return false;
    }
    const html = withPictures(editor, answer, type);
    say(editor, "paste", answer.changes, answer.changes.length ? "changes" : "");
    if (!html) {
      removePlace(place);
      return true;
    }
    const restoreCaret = place ? selectPlace(editor, place) : () => {};
    editor.fire("paste", {
      type,
      method: paste.method,
      dataValue: html,
      // An empty one, in which the listeners do not find what the server has taken out.
      dataTransfer: new CKEDITOR.plugins.clipboard.dataTransfer(),
      dontFilter: true,
      isCleaned: true,
    });
    const range = editor.getSelection()?.getRanges()[0];
    if (range && leaveWidget(editor, range)) range.select();
    restoreCaret();
    return true;
  }

  function withPictures(editor, { html, pictures }, type) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const image of body.querySelectorAll("img[data-pending]")) {
      const blob = pictures[image.dataset.pending];
      if (!blob || type === "text") {
        image.remove();
        continue;
      }
      image.removeAttribute("data-pending");
      image.setAttribute("src", upload(editor, blob));
    }
    return body.innerHTML.trim();
  }

  async function clean(editor, { html, files, transfer }) {
    const { libraryLabels, maxPastedCharacters, cleanPastedUrl } = editor.config;
    if (!html) {
      const images = files.map((_, index) => `<p><img data-pending="${index}" alt=""></p>`);
      return { html: images.join(""), changes: [], pictures: files };
    }
    try {
      const pictures = [];
      const body = new FormData();
      body.append("html", await detachPictures(html, { files, transfer }, pictures));
      if (body.get("html").length > maxPastedCharacters) return { error: libraryLabels.tooLong };
      const response = await fetch(cleanPastedUrl, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": token() },
        signal: AbortSignal.timeout(CLEANING_TIMEOUT_MS),
      });
      const answer = await response.json();
      return answer.error ? { error: answer.error.message } : { ...answer, pictures };
    } catch {
      return { error: libraryLabels.unreachable };
    }
  }

  // Pictures whose bytes are in the clipboard stay in the browser until the text is cleaned

  const COMMENT_OR_IMAGE = /<!--[\s\S]*?-->|<img\b(?:"[^"]*"|'[^']*'|[^"'>])*>/gi;
  const DATA_URL = /^data:(image\/(?!svg)[\w.+-]+)[^,]*;base64,/i;
  const SOURCE_START = 100; // characters of another data: URL that the server gets
  const POINT_BYTES = 20000; // a picture of one pixel may still carry a colour profile
  const POINT_PIXELS = 2;

  async function detachPictures(html, { files, transfer }, pictures) {
    const tags = [...html.matchAll(COMMENT_OR_IMAGE)].filter(([tag]) => !tag.startsWith("<!--"));
    if (!tags.length) return html;
    const others = await picturesOfRtf(html, transfer, tags.length);
    // A browser copies a picture as a link to it, and as a file.
    if (tags.length === 1 && files.length && !hasWords(html)) others[0] ??= files[0];
    let result = "";
    let end = 0;
    for (const [index, { 0: tag, index: begin }] of tags.entries()) {
      result += html.slice(end, begin) + (await detach(tag, others[index], pictures));
      end = begin + tag.length;
    }
    return result + html.slice(end);
  }

  function hasWords(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    return Boolean(body.textContent.trim());
  }

  async function detach(tag, other, pictures) {
    const image = new DOMParser().parseFromString(tag, "text/html").querySelector("img");
    if (!image) return tag;
    const source = image.getAttribute("src")?.trim() ?? "";
    const isInside = source.startsWith("data:");
    // A picture of this site is known to the library by its address.
    if (!isInside && (!other || image.src.startsWith(`${location.origin}/`))) return tag;
    const blob = isInside ? fromDataUrl(source) : other;
    image.removeAttribute("src");
    if (!blob) image.setAttribute("src", source.slice(0, SOURCE_START));
    else if (!(await isPoint(image, blob))) image.dataset.pending = pictures.push(blob) - 1;
    return image.outerHTML;
  }

  function fromDataUrl(url) {
    const match = DATA_URL.exec(url);
    if (!match) return null;
    try {
      const bytes = atob(decodeURIComponent(url.slice(match[0].length)));
      return new Blob([Uint8Array.from(bytes, (each) => each.charCodeAt(0))], { type: match[1] });
    } catch {
      return null;
    }
  }

  // Whether a picture only keeps the place of one that a page loads later, or counts readers.
  async function isPoint(image, blob) {
    const sizes = ["width", "height"].map((name) => Number.parseFloat(image.getAttribute(name)));
    if (sizes.every((size) => size <= POINT_PIXELS)) return true;
    if (blob.size > POINT_BYTES) return false;
    try {
      const { width, height } = await createImageBitmap(blob);
      return Math.max(width, height) <= POINT_PIXELS;
    } catch {
      return false; // the library will say what is wrong with it
    }
  }

  // Word puts the pictures into a second form of the copied text.
  async function picturesOfRtf(html, transfer, count) {
    const rtf = html.includes("file:") ? transfer?.getData("text/rtf", true) : "";
    if (!rtf) return [];
    const path = `${CKEDITOR.plugins.getPath("pastetools")}filter/`;
    const filters = ["common", "image"].map((name) => CKEDITOR.getUrl(`${path}${name}.js`));
    await new Promise((resolve) => {
      if (CKEDITOR.plugins.pastetools.loadFilters(filters, resolve)) resolve();
    });
    const { extractFromRtf, createSrcWithBase64 } = CKEDITOR.pasteFilters.image;
    const found = extractFromRtf(rtf);
    if (found.length !== count) return [];
    return found.map((picture) => fromDataUrl(createSrcWithBase64(picture) ?? ""));
  }

  CKEDITOR.on("instanceReady", ({ editor }) => {
    // Undone steps contain neither the place of a paste nor a kept caret.
    const mark = /<span[^>]*\bdata-cke-(?:temp|bookmark)="1"[^>]*>(?:&nbsp;|\u00a0)?<\/span>/g;
    editor.undoManager.addFilterRule((data) => data.replace(mark, ""));
  });
})();
