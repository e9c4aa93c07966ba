// The address to the clipboard or to whom the reader likes, and wide tables by keyboard.
const share = document.getElementById("share");

if (share) {
  const address = share.querySelector("[data-address]");
  const said = share.querySelector("[data-said]");
  const send = share.querySelector("[data-share]");

  share.querySelector("[data-copy]").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address.textContent);
      said.textContent = said.dataset.copied;
    } catch {
      // No clipboard for scripts here: the reader copies what is marked.
      getSelection().selectAllChildren(address);
      said.textContent = said.dataset.chosen;
    }
  });
  if (navigator.share) {
    send.hidden = false;
    send.addEventListener("click", () =>
      // Changing one's mind is no error.
      navigator.share({ title: document.title, url: address.textContent }).catch(() => {}),
    );
  }
}

// A table wider than the screen scrolls in its own frame: the keyboard must reach it.
const tables = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const table of document.querySelectorAll(".prose table")) tables.observe(table);
