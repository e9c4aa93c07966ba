// Shows the page at the width of a phone, a tablet or a desktop; scaled down to the available width.

const frame = document.getElementById("preview");

function fit() {
  frame.style.zoom = "";
  const { paddingLeft, paddingRight } = getComputedStyle(frame.parentElement);
  const available = frame.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  if (frame.offsetWidth > available) frame.style.zoom = available / frame.offsetWidth;
}

for (const choice of document.querySelectorAll('[name="width"]')) {
  choice.addEventListener("change", () => {
    frame.dataset.width = choice.value;
    fit();
  });
}
addEventListener("resize", fit);
fit();
