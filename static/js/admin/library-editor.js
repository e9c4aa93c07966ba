// The rich-text editor at this desk: loaded after CKEditor, before it takes over the text areas.

(() => {
  const { CKEDITOR } = window;
  if (!CKEDITOR) return;

  const HEADINGS = { H1: "h2", H5: "h4", H6: "h4" };
  const ALIGNMENTS = ["left", "center", "right", "justify"];

  // What is pasted comes with its own headings and styles. The editor keeps classes alone, so
  // alignment is said as a class, as the newsroom stores it, before the editor filters it out.
  function inOurTerms(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const old of body.querySelectorAll(Object.keys(HEADINGS).join())) {
      const heading = body.ownerDocument.createElement(HEADINGS[old.tagName]);
      heading.style.textAlign = old.style.textAlign || old.align;
      heading.append(...old.childNodes);
      old.replaceWith(heading);
    }
    for (const block of body.querySelectorAll("[style], [align]")) {
      const alignment = block.style.textAlign || block.getAttribute("align");
      if (ALIGNMENTS.includes(alignment) && alignment !== "left" && block.tagName !== "IMG") {
        block.classList.add(`align-${alignment}`);
      }
    }
    return body.innerHTML;
  }

  CKEDITOR.on("instanceCreated", ({ editor }) => {
    // A pasted or dropped picture goes to the library; Django asks for its token.
    editor.on("fileUploadRequest", ({ data }) => {
      const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
      data.fileLoader.xhr.setRequestHeader("X-CSRFToken", token);
    });
    // After the plugin for Word (priority 3), before the one that uploads pictures (10).
    editor.on(
      "paste",
      ({ data }) => {
        if (data.dataValue?.includes("<")) data.dataValue = inOurTerms(data.dataValue);
      },
      null,
      null,
      8,
    );
  });

  // Words of a record of the house, chosen in a window of their own, with the record's name.
  CKEDITOR.plugins.add("quote", {
    init(editor) {
      const { quoteChooser, libraryLabels } = editor.config;
      if (!quoteChooser) return;
      editor.addCommand("quote", {
        exec() {
          const chooser = window.open(quoteChooser, "choose-figure", "width=760,height=720");
          function hear(event) {
            if (event.origin !== location.origin || event.source !== chooser) return;
            if (event.data?.kind !== "figure") return;
            removeEventListener("message", hear);
            insertQuote(editor, event.data);
          }
          addEventListener("message", hear);
        },
      });
      editor.ui.addButton("Quote", {
        label: libraryLabels.quote,
        command: "quote",
        toolbar: "insert",
      });
    },
  });

  function insertQuote(editor, { record, text }) {
    editor.focus();
    const quote = editor.document.createElement("span");
    quote.setAttribute("data-quote", record);
    quote.setText(text);
    editor.insertElement(quote);
    // What is typed next stands outside the quote: after a mark that the newsroom does not store.
    const after = new CKEDITOR.dom.text("\u200b", editor.document);
    after.insertAfter(quote);
    const range = editor.createRange();
    range.moveToPosition(after, CKEDITOR.POSITION_AFTER_END);
    range.select();
    editor.fire("change");
  }

  CKEDITOR.on("instanceReady", ({ editor }) => {
    // Writing looks like reading.
    editor.editable().addClass("prose");
  });

  // How wide a picture stands in the text: a class, as its real size is the page's business.
  function widthField({ libraryLabels, libraryWidths }) {
    const names = libraryWidths.map(([, name]) => name).filter(Boolean);
    return {
      type: "select",
      id: "libraryWidth",
      label: libraryLabels.width,
      items: libraryWidths,
      setup(widget) {
        this.setValue(names.find((name) => widget.data.classes?.[name]) ?? "");
      },
      commit(widget) {
        const classes = { ...widget.data.classes };
        for (const name of names) delete classes[name];
        if (this.getValue()) classes[this.getValue()] = 1;
        widget.setData("classes", Object.keys(classes).length ? classes : null);
      },
    };
  }

  CKEDITOR.on("dialogDefinition", ({ data, editor }) => {
    if (data.name !== "image2") return;
    const info = data.definition.getContents("info");
    for (const name of ["src", "browse"]) {
      const field = info.get(name);
      if (field) field.label = editor.config.libraryLabels[name];
    }
    info.add(widthField(editor.config));
    // One chooses a picture; its address is not for typing.
    data.definition.dialog.on("show", ({ sender }) => {
      const address = sender.getContentElement("info", "src");
      address?.getInputElement().setAttribute("readonly", "readonly");
    });
  });
})();
