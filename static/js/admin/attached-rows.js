// Rows of pictures and attachments: choose from the library, order, remove, set the focal point.

for (const section of document.querySelectorAll("[data-rows]")) {
  const prefix = section.dataset.rows;
  const list = section.querySelector("[data-list]");
  const blank = section.querySelector("[data-empty]");
  const total = section.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const medium = prefix === "pictures" ? "image" : "attachment";

  function addRow() {
    const holder = document.createElement("div");
    holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
    const row = holder.firstElementChild;
    list.append(row);
    total.value = Number(total.value) + 1;
    const order = row.querySelector('[name$="-ORDER"]');
    if (order) order.value = total.value;
    return row;
  }

  function field(row, name) {
    return row.querySelector(`[name$="-${name}"]`);
  }

  function fill(row, chosen) {
    field(row, medium).value = chosen.id;
    if (medium === "image") {
      const picture = document.createElement("img");
      picture.src = chosen.thumb;
      picture.alt = "";
      row.querySelector("[data-picture]").replaceChildren(picture);
      field(row, "alt").value ||= chosen.alt ?? "";
      field(row, "credit").value ||= chosen.credit ?? "";
      field(row, "focal_x").value = chosen.focal_x ?? 50;
      field(row, "focal_y").value = chosen.focal_y ?? 50;
    } else {
      row.querySelector("[data-file]").textContent = chosen.name ?? "";
      field(row, "title").value ||= chosen.title ?? "";
    }
    document.dispatchEvent(new CustomEvent("rows:changed"));
  }

  function choose() {
    const name = `choose-${prefix}`;
    const chooser = window.open(section.dataset.chooser, name, "width=980,height=720");
    function onMessage(event) {
      if (event.origin !== location.origin || event.source !== chooser) return;
      if (event.data?.kind !== medium) return;
      fill(addRow(), event.data);
      removeEventListener("message", onMessage);
    }
    addEventListener("message", onMessage);
  }

  section.querySelector("[data-add]").addEventListener("click", choose);

  // A click on a picture sets its focal point, which stays visible when it is cropped.
  list.addEventListener("click", (event) => {
    const picture = event.target.closest("[data-picture] img");
    if (!picture) return;
    const row = picture.closest("[data-row]");
    const box = picture.getBoundingClientRect();
    const x = Math.round(((event.clientX - box.left) / box.width) * 100);
    const y = Math.round(((event.clientY - box.top) / box.height) * 100);
    field(row, "focal_x").value = x;
    field(row, "focal_y").value = y;
    showFocus(row);
    document.dispatchEvent(new CustomEvent("rows:changed"));
  });

  function showFocus(row) {
    const holder = row.querySelector("[data-picture]");
    if (!holder || !field(row, "focal_x")) return;
    let dot = holder.querySelector(".focus");
    if (!dot) {
      dot = document.createElement("span");
      dot.className = "focus";
      holder.append(dot);
    }
    dot.style.left = `${field(row, "focal_x").value}%`;
    dot.style.top = `${field(row, "focal_y").value}%`;
  }
  list.querySelectorAll("[data-row]").forEach(showFocus);

  // A restored copy may have more rows than the page.
  document.addEventListener("rows:grow", (event) => {
    const count = Number(event.detail.get(`${prefix}-TOTAL_FORMS`)?.[0] ?? 0);
    while (Number(total.value) < count) addRow();
  });
}
