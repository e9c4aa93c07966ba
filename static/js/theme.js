// The elder version. The checkbox works by CSS alone; this remembers it from page to page, in the
// reader's own browser, so that the stored pages stay the same for everyone.
(() => {
  const KEY = "portal-theme";
  const root = document.documentElement;

  const remembered = () => {
    try {
      return localStorage.getItem(KEY) === "elder";
    } catch {
      return false; // storage may be refused: then the choice holds for this page
    }
  };
  const remember = (on) => {
    try {
      if (on) localStorage.setItem(KEY, "elder");
      else localStorage.removeItem(KEY);
    } catch {
      /* as above */
    }
  };
  const show = (on) => {
    if (on) root.dataset.theme = "elder";
    else delete root.dataset.theme;
  };

  show(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("elder");
    if (!box) return;
    box.checked = remembered();
    box.addEventListener("change", () => {
      remember(box.checked);
      show(box.checked);
    });
  });
  // Another tab changed it, or the browser brought back an old page.
  const follow = () => {
    const box = document.getElementById("elder");
    if (box) box.checked = remembered();
    show(remembered());
  };
  addEventListener("storage", follow);
  addEventListener("pageshow", (event) => event.persisted && follow());
})();
