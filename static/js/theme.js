// Elder version and text size. The checkbox works with CSS alone; this script stores the choices in
// localStorage, so that cached pages stay the same for all visitors. It runs before the first paint.
(() => {
  const THEME = "portal-theme";
  const SIZE = "portal-text-size";
  const root = document.documentElement;
  root.classList.add("scripted"); // shows elements with the class needs-script

  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is disabled: the choice lasts for this page only
    }
  };
  const store = (key, value) => {
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
  const apply = () => {
    const box = document.getElementById("elder");
    const isElder = read(THEME) === "elder";
    if (box) box.checked = isElder;
    mark("theme", isElder && "elder");
    mark("size", ["large", "small"].find((size) => size === read(SIZE)));
  };

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("elder")?.addEventListener("change", ({ target }) => {
      store(THEME, target.checked && "elder");
      mark("theme", target.checked && "elder");
    });
    document.getElementById("reading-aids")?.addEventListener("click", ({ target }) => {
      const size = target.closest("[data-size]")?.dataset.size;
      if (!size) return;
      store(SIZE, size !== "medium" && size);
      mark("size", size !== "medium" && size);
    });
  });
  // Another tab changed the choice, or the page was restored from the back/forward cache.
  addEventListener("storage", apply);
  addEventListener("pageshow", apply);
})();
