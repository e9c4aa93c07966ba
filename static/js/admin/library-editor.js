// Extends CKEditor: inserts quotes, shows the text as on the page, adds the width to the image dialog.
// Loaded after CKEditor and before the script that replaces the text areas.

(() => {
  const { CKEDITOR } = window;
  if (!CKEDITOR) return;

  // A button that inserts text quoted from another object (a figure), chosen in a popup.
  CKEDITOR.plugins.add("quote", {
    init(editor) {
      const { quoteChooser, libraryLabels } = editor.config;
      if (!quoteChooser) return;
      editor.addCommand("quote", {
        exec() {
          const chooser = window.open(quoteChooser, "choose-figure", "width=760,height=720");
          function receive(event) {
            if (event.origin !== location.origin || event.source !== chooser) return;
            if (event.data?.kind !== "figure") return;
            removeEventListener("message", receive);
            insertQuote(editor, event.data);
          }
          addEventListener("message", receive);
        },
      });
      editor.ui.addButton("Quote", {
        label: libraryLabels.quote,
        command: "quote",
        toolbar: "insert",
      });
    },
  });

  function insertQuote(editor, { key, text }) {
    editor.focus();
    const quote = editor.document.createElement("span");
    quote.setAttribute("data-quote", key);
    quote.setText(text);
    editor.insertElement(quote);
    // Put the cursor behind the quote, after a zero-width space that the cleaning removes.
    const after = new CKEDITOR.dom.text("\u200b", editor.document);
    after.insertAfter(quote);
    const range = editor.createRange();
    range.moveToPosition(after, CKEDITOR.POSITION_AFTER_END);
    range.select();
    editor.fire("change");
  }

  CKEDITOR.on("instanceReady", ({ editor }) => {
    // Show the text as on the public page.
    editor.editable().addClass("prose");
  });

  // A field of the image dialog: the width in the text, as a class instead of a size in pixels.
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
    // The URL is set by choosing an image, not by typing.
    data.definition.dialog.on("show", ({ sender }) => {
      const address = sender.getContentElement("info", "src");
      address?.getInputElement().setAttribute("readonly", "readonly");
    });
  });
})();
