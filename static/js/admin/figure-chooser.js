// The window that chooses a figure: sends the chosen one to the editor that opened it.

document.querySelector("[data-figures]").addEventListener("click", (event) => {
  const { record, text } = event.target.closest("[data-record]")?.dataset ?? {};
  if (!record || !window.opener) return;
  window.opener.postMessage({ kind: "figure", record, text }, location.origin);
  window.close();
});
