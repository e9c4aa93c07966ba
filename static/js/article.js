// The size of the text, printing, and wide tables by keyboard. Without script no button is shown.
const KEY = "portal-text-size";
const article = document.getElementById("article");
const tools = document.getElementById("article-tools");
const buttons = [...tools.querySelectorAll("[data-size]")];

function show(size) {
  article.dataset.size = size;
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be refused: then the choice holds for this page
  }
}

tools.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("print" in button.dataset) {
    print();
    return;
  }
  show(button.dataset.size);
  try {
    localStorage.setItem(KEY, button.dataset.size);
  } catch {
    /* as above */
  }
});

const size = remembered();
if (buttons.some((button) => button.dataset.size === size)) show(size);
tools.hidden = false;

// A table wider than the screen scrolls in its own frame: the keyboard must reach it.
for (const table of article.querySelectorAll(".prose table")) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
}
