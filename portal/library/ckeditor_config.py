"""Configuration of CKEditor 4. The settings import this module before any app is loaded."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# The markup that ``cleaning`` stores: the editor shows the text as it will be stored.
_TEXT_BLOCKS = "p h2 h3 h4"
ALLOWED_CONTENT = "; ".join(
    [
        f"{_TEXT_BLOCKS}(align-left,align-center,align-right,align-justify,indent-1,indent-2,indent-3)",
        "li td th(align-left,align-center,align-right,align-justify)",
        "ul blockquote table thead tbody tfoot tr caption br hr strong em u s sub sup",
        "ol[start]",
        "td th[colspan,rowspan,scope]",
        "a[!href,title]",
        "span[!data-quote]",
        "span[!id]",
        "div(align-center)",
        "figure(image,align-left,align-right,w-25,w-50,w-75)",
        "figcaption",
        "img[!src,alt](align-left,align-right,w-25,w-50,w-75)",
    ]
)

#: Characters that one paste may have, without its pictures. In UTF-8 they take up to three bytes
#: each, which fits into a request of DATA_UPLOAD_MAX_MEMORY_SIZE.
MAX_PASTED_CHARACTERS = 3_000_000
TOO_LONG = _("Too much at once: nothing was pasted. Copy and paste the text in several parts.")

CKEDITOR_CONFIGS: dict[str, dict[str, Any]] = {
    "default": {
        "skin": "moono-lisa",
        "toolbar": "Staff",
        "toolbar_Staff": [
            {"name": "undo", "items": ["Undo", "Redo"]},
            {"name": "format", "items": ["Format"]},
            {
                "name": "text",
                "items": ["Bold", "Italic", "Underline", "Strike", "Subscript", "Superscript"],
            },
            {"name": "clean", "items": ["RemoveFormat"]},
            {
                "name": "align",
                "items": ["JustifyLeft", "JustifyCenter", "JustifyRight", "JustifyBlock"],
            },
            {
                "name": "blocks",
                "items": ["NumberedList", "BulletedList", "Outdent", "Indent", "Blockquote"],
            },
            {"name": "links", "items": ["Link", "Unlink"]},
            {
                "name": "insert",
                "items": ["Image", "Quote", "Table", "HorizontalRule", "SpecialChar"],
            },
            {"name": "paste", "items": ["PasteText"]},
            {"name": "find", "items": ["Find", "Replace"]},
            {"name": "view", "items": ["Maximize", "ShowBlocks", "Source"]},
        ],
        # divarea edits the text inside the page; the usual frame violates the content security
        # policy.
        "extraPlugins": "divarea,image2,quote",
        "removePlugins": "scayt,wsc,exportpdf,iframe,flash,forms,smiley,templates,preview,print,"
        "save,newpage,about,language,bidi,div,stylesheetparser,wysiwygarea,image,font,colorbutton,"
        "colordialog,copyformatting,stylescombo,pagebreak,liststyle,dialogadvtab,editorplaceholder,magicline,"
        "elementspath,"
        # The server cleans what is pasted (library-paste.js); library-uploads.js uploads images.
        "pastefromword,pastefromgdocs,pastefromlibreoffice,uploadimage,uploadwidget",
        # The empty value stops CKEditor from loading another configuration file.
        "customConfig": "",
        "format_tags": "p;h2;h3;h4",
        "allowedContent": ALLOWED_CONTENT,
        "justifyClasses": ["align-left", "align-center", "align-right", "align-justify"],
        "indentClasses": ["indent-1", "indent-2", "indent-3"],
        "image2_alignClasses": ["align-left", "align-center", "align-right"],
        "image2_captionedClass": "image",
        "image2_altRequired": True,
        "image2_disableResizer": True,
        "removeDialogTabs": "link:target;link:advanced;link:upload;image2:Upload;table:advanced",
        "filebrowserImageBrowseUrl": reverse_lazy("library:browse", query={"picker": "image"}),
        "uploadUrl": reverse_lazy("library:upload", query={"responseType": "json"}),
        "cleanPastedUrl": reverse_lazy("library:clean-pasted"),
        "maxPastedCharacters": MAX_PASTED_CHARACTERS,
        # Labels and image widths that the scripts library-*.js use.
        "libraryLabels": {
            "src": _("Picture from the library"),
            "browse": _("Choose from the library"),
            "width": _("Width in the text"),
            "quote": _("Insert a figure"),
            "cleaning": _("The pasted text is being checked …"),
            "unreachable": _(
                "The server could not be reached: nothing was pasted. The clipboard still holds "
                "it. Paste it again later, or press Ctrl+Shift+V to paste the words alone, which "
                "nobody has checked for hidden text."
            ),
            "tooLong": TOO_LONG,
            "moved": _("The place of the paste is gone: nothing was pasted. Paste it again."),
            "pasted": _("Pasted picture"),
            "uploading": _("Pictures that are still being uploaded: %s"),
            "notUploaded": _("The picture could not be uploaded. Paste it again later."),
            "waiting": _(
                "The text will be saved as soon as the pictures and the pasted text are in."
            ),
            "notSaved": _(
                "Not saved, because something did not come in. Look at it, then save again."
            ),
        },
        "libraryWidths": [
            [_("As wide as the text"), ""],
            [_("Three quarters"), "w-75"],
            [_("Half"), "w-50"],
            [_("A quarter"), "w-25"],
        ],
        # Pasted images are uploaded to the library instead of embedded as data URLs.
        "clipboard_handleImages": False,
        "pasteFilter": None,
        "entities": False,
        "disableNativeSpellChecker": False,
        "height": 520,
        "width": "100%",
        "filebrowserWindowWidth": 980,
        "filebrowserWindowHeight": 720,
    }
}
