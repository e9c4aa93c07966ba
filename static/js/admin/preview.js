// Shows the page at the width of a phone, a tablet or a desk; made smaller where there is less room.

const frame = document.getElementById("preview");

function fit() {
  frame.style.zoom = "";
  const { paddingLeft, paddingRight } = getComputedStyle(frame.parentElement);
  const room = frame.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  if (frame.offsetWidth > room) frame.style.zoom = room / frame.offsetWidth;
}

for (const choice of document.querySelectorAll('[name="width"]')) {
  choice.addEventListener("change", () => {
    frame.dataset.width = choice.value;
    fit();
  });
}
addEventListener("resize", fit);
fit();
