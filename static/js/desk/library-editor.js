// The rich-text editor at this desk: loaded after CKEditor, before it replaces the text areas.

(() => {
  function token() {
    return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  }

  function prepare() {
    if (!window.CKEDITOR) return;

    CKEDITOR.on("instanceReady", ({ editor }) => {
      // Writing looks like reading.
      editor.editable().addClass("prose");
      for (const box of editor.container.$.closest(".django-ckeditor-widget") ? [editor.container.$.closest(".django-ckeditor-widget")] : []) {
        box.style.display = "block";
      }
      editor.dataProcessor.writer.setRules("p", { breakAfterOpen: false });
    });

    CKEDITOR.on("instanceCreated", ({ editor }) => {
      // A pasted or dropped picture goes to the library; Django asks for its token.
      editor.on("fileUploadRequest", (event) => {
        event.data.fileLoader.xhr.setRequestHeader("X-CSRFToken", token());
      });
      // The picture's own size is of no use: pages choose it. Size is a class (Styles).
      editor.on("fileUploadResponse", (event) => {
        const { fileLoader } = event.data;
        let answer;
        try {
          answer = JSON.parse(fileLoader.xhr.responseText);
        } catch {
          event.data.message = editor.lang.filetools?.responseError ?? "";
          event.cancel();
          return;
        }
        event.stop();
        if (!answer.uploaded) {
          event.data.message = answer.error.message;
          event.cancel();
          return;
        }
        event.data.url = answer.url;
        event.data.fileName = answer.fileName;
      });
    });

    CKEDITOR.on("dialogDefinition", ({ data }) => {
      if (data.name !== "image2") return;
      const info = data.definition.getContents("info");
      for (const unused of ["width", "height", "lock"]) info.remove(unused);
      // The address is the library's business: one chooses a picture, one does not type it.
      const address = info.get("src");
      if (address) address.readOnly = true;
    });
  }

  prepare();
})();
