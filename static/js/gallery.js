// Lightbox for the pictures of a page. Without JavaScript each picture links to its file.
const links = [...document.querySelectorAll(".plate-link")];
const box = document.getElementById("lightbox");
const plate = box.querySelector(".lightbox-plate");
const place = box.querySelector(".lightbox-place");
const back = box.querySelector("[data-back]");
const on = box.querySelector("[data-on]");
let at = 0;

function show(index) {
  at = (index + links.length) % links.length;
  const picture = links[at].querySelector("picture").cloneNode(true);
  for (const part of picture.children) part.sizes = "100vw";
  picture.querySelector("img").loading = "eager";
  const caption = links[at].parentElement.querySelector("figcaption");
  plate.replaceChildren(picture, ...(caption ? [caption.cloneNode(true)] : []));
  place.textContent = `${at + 1} / ${links.length}`;
}

function step(by) {
  if (links.length > 1) show(at + by);
}

links.forEach((link, index) => {
  link.setAttribute("aria-haspopup", "dialog");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opens in a new tab or window
    event.preventDefault();
    show(index);
    box.showModal();
  });
});
back.hidden = on.hidden = place.hidden = links.length < 2;
back.addEventListener("click", () => step(-1));
on.addEventListener("click", () => step(1));
box.querySelector("[data-close]").addEventListener("click", () => box.close());
box.addEventListener("click", (event) => event.target === box && box.close());
box.addEventListener("close", () => links[at].focus());
box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
