// Shows the page at the width of a phone, a tablet or a desk.

const frame = document.getElementById("preview");
for (const choice of document.querySelectorAll('[name="width"]')) {
  choice.addEventListener("change", () => {
    frame.dataset.width = choice.value;
  });
}
