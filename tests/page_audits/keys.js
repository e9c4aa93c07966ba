// Two functions about the tab order of a page, called by tests/page_audits/test_keyboard.py.
({
  // Returns the elements that Tab should focus, in document order.
  stops: () => {
    const chosen = new Map();
    for (const radio of document.querySelectorAll("input[type=radio]")) {
      if (radio.checked || !chosen.has(radio.name)) chosen.set(radio.name, radio);
    }
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
    const found = all.filter((element) =>
      element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" &&
      element.checkVisibility({ checkVisibilityCSS: true }) &&
      (element.type !== "radio" || chosen.get(element.name) === element));
    found.forEach((element, place) => { element.dataset.stop = place; });
    return found.map((element) => `${element.dataset.stop} ${element.tagName.toLowerCase()} ${(element.innerText || element.name || element.id).trim().slice(0, 20)}`);
  },

  // Returns the focused element with the faults of its focus indicator; null outside the page.
  here: async () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    // Wait until a scrolling row has stopped.
    const place = () => JSON.stringify(element.getBoundingClientRect());
    for (let before = ""; before !== place(); ) {
      before = place();
      await new Promise((rested) => requestAnimationFrame(() => requestAnimationFrame(rested)));
    }
    const faults = [];
    const style = getComputedStyle(element);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    if (!isOutlined && style.boxShadow === "none") faults.push("no sign of the focus");
    const boxes = [...element.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    const label = element.labels?.[0];
    const box = boxes[0] ?? label?.getBoundingClientRect();
    if (!box) {
      faults.push("nothing to see");
    } else {
      // The middle of the visible part of the element.
      const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
      const [upper, lower] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
      const [x, y] = [(left + right) / 2, (upper + lower) / 2];
      if (left >= right || upper >= lower) faults.push(`out of sight at ${Math.round(box.left)}, ${Math.round(box.top)}`);
      else {
        const top = document.elementFromPoint(x, y);
        const isOwn = element.contains(top) || top?.contains(element) || label?.contains(top);
        if (!isOwn) faults.push(`covered by ${top?.tagName}.${top?.className}`);
      }
    }
    return { stop: element.dataset.stop ?? null, tag: element.tagName.toLowerCase(),
      words: (element.innerText || element.name || element.id).trim().slice(0, 20), faults };
  },
})
