// Share box (copy and share the URL), and keyboard access to wide tables.
const share = document.getElementById("share");

if (share) {
  const address = share.querySelector("[data-address]");
  const status = share.querySelector("[data-said]");
  const send = share.querySelector("[data-share]");

  share.querySelector("[data-copy]").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address.textContent);
      status.textContent = status.dataset.copied;
    } catch {
      // Clipboard access denied: select the text, so that the reader can copy it.
      getSelection().selectAllChildren(address);
      status.textContent = status.dataset.chosen;
    }
  });
  if (navigator.share) {
    send.hidden = false;
    send.addEventListener("click", () =>
      // A cancelled dialog rejects the promise.
      navigator.share({ title: document.title, url: address.textContent }).catch(() => {}),
    );
  }
}

// A table wider than the screen scrolls in its own box, which must be focusable by keyboard.
const tables = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const table of document.querySelectorAll(".prose table")) tables.observe(table);
