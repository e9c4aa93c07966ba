// Small rows inside one field (a person's posts, an honour's recipients): add a row.

for (const box of document.querySelectorAll("[data-rows-field]")) {
  const name = box.dataset.rowsField;
  const list = box.querySelector("[data-list]");
  const blank = box.querySelector("[data-empty]");
  const total = box.querySelector(`[name="${name}-rows"]`);
  const add = box.querySelector("[data-add]");

  function addRow() {
    const holder = document.createElement("div");
    holder.innerHTML = blank.innerHTML.replaceAll("__row__", total.value);
    const row = holder.firstElementChild;
    list.append(row);
    total.value = Number(total.value) + 1;
    return row;
  }

  add.hidden = false;
  add.addEventListener("click", () => addRow().querySelector("input, select, textarea")?.focus());

  // A restored copy may have more rows than the page.
  document.addEventListener("rows:grow", (event) => {
    const count = Number(event.detail.get(`${name}-rows`)?.[0] ?? 0);
    while (Number(total.value) < count) addRow();
  });
}
