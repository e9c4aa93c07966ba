// The window that chooses a figure: sends the chosen one to the editor that opened it.

document.querySelector("[data-figures]").addEventListener("click", (event) => {
  const { key, text } = event.target.closest("[data-key]")?.dataset ?? {};
  if (!key || !window.opener) return;
  window.opener.postMessage({ kind: "figure", key, text }, location.origin);
  window.close();
});
