// The change form of an image: a click on the image, or the two number fields, set the focal point.

const picture = document.querySelector("[data-focal-point]");
const fields = { x: document.getElementById("id_focal_x"), y: document.getElementById("id_focal_y") };

if (picture && fields.x && fields.y) {
  const dot = document.createElement("span");
  dot.className = "focal-dot";
  picture.append(dot);

  const show = () => {
    dot.style.left = `${fields.x.value || 50}%`;
    dot.style.top = `${fields.y.value || 50}%`;
  };

  picture.addEventListener("click", (event) => {
    const box = picture.querySelector("img").getBoundingClientRect();
    const percent = (at, from, length) =>
      Math.min(100, Math.max(0, Math.round(((at - from) / length) * 100)));
    fields.x.value = percent(event.clientX, box.left, box.width);
    fields.y.value = percent(event.clientY, box.top, box.height);
    show();
  });
  for (const field of Object.values(fields)) field.addEventListener("input", show);
  show();
}
