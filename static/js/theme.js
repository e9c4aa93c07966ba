// The elder version and the size of the text. The checkbox works by CSS alone; this remembers the
// choices from page to page, in the reader's own browser, so that the stored pages stay the same
// for everyone. It runs before anything is drawn: no page flashes by as it shall not be.
(() => {
  const THEME = "portal-theme";
  const SIZE = "portal-text-size";
  const root = document.documentElement;
  root.classList.add("scripted"); // what only works with script may show

  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be refused: then the choice holds for this page
    }
  };
  const keep = (key, value) => {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      /* as above */
    }
  };
  const mark = (name, value) => {
    if (value) root.dataset[name] = value;
    else delete root.dataset[name];
  };
  const follow = () => {
    const box = document.getElementById("elder");
    const isElder = kept(THEME) === "elder";
    if (box) box.checked = isElder;
    mark("theme", isElder && "elder");
    mark("size", ["large", "small"].find((size) => size === kept(SIZE)));
  };

  follow();
  document.addEventListener("DOMContentLoaded", () => {
    follow();
    document.getElementById("elder")?.addEventListener("change", ({ target }) => {
      keep(THEME, target.checked && "elder");
      mark("theme", target.checked && "elder");
    });
    document.getElementById("reading-aids")?.addEventListener("click", ({ target }) => {
      const size = target.closest("[data-size]")?.dataset.size;
      if (!size) return;
      keep(SIZE, size !== "medium" && size);
      mark("size", size !== "medium" && size);
    });
  });
  // Another tab changed it, or the browser brought back an old page.
  addEventListener("storage", follow);
  addEventListener("pageshow", follow);
})();
