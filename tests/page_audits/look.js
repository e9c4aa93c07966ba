// Measures problems of a page that a person would see. Returns a list of sentences.
// Called by tests/page_audits/reader.py with the minimum size in pixels that the theme guarantees
// for targets (links, buttons and fields).
(smallest) => {
  const SLACK = 2; // pixels: fractions of one are rounded, and glyphs have side bearings
  const page = document.documentElement;
  const faults = new Set();
  // A modal dialog covers the page: only the dialog is checked.
  const ground = document.querySelector("dialog:modal") ?? document.body;

  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 24);
  const style = new Map();
  const styleOf = (element) => {
    if (!style.has(element)) style.set(element, getComputedStyle(element));
    return style.get(element);
  };
  const named = (element) => {
    const own = element.id ? `#${element.id}` : [...element.classList].map((name) => `.${name}`).join("");
    const above = element.parentElement?.closest("[class], [id]");
    const place = above && !own ? `${above.tagName.toLowerCase()}.${above.className || above.id} ` : "";
    return `${place}${element.tagName.toLowerCase()}${own}`;
  };

  // Text for screen readers only is in a box of one pixel, or clipped.
  const isForEarsOnly = (element) => {
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      if (box.clientWidth === 1 && box.clientHeight === 1 && styleOf(box).overflowX === "hidden") return true;
      if (styleOf(box).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const shown = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !isForEarsOnly(element);
  const scrolls = (element) => ["auto", "scroll"].includes(styleOf(element).overflowX);
  const clips = (element) => ["hidden", "clip"].includes(styleOf(element).overflowX);

  // The page must not scroll horizontally.
  if (page.scrollWidth > page.clientWidth) {
    faults.add(`the page scrolls sideways: ${page.scrollWidth} in ${page.clientWidth}`);
  }

  // Collect all lines of text, as boxes of the height of the letters.
  const lines = [];
  const walker = document.createTreeWalker(ground, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, noscript, option, title") || !shown(element)) continue;
    range.selectNodeContents(node);
    const size = parseFloat(styleOf(element).fontSize);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.right <= 0 || box.bottom + scrollY <= 0) continue; // a skip link outside the viewport
      const spare = Math.max(0, box.height - size) / 2;
      // An ideographic space at the end of a line overflows and is invisible.
      const hung = node.data.includes("\u3000") ? size : 0;
      lines.push({
        node, element, hung, left: box.left, right: box.right,
        top: box.top + spare, bottom: box.bottom - spare,
      });
    }
  }

  // No text may be wider than its box, or cut off.
  for (const line of lines) {
    for (let box = line.element; box && box !== document.body; box = box.parentElement) {
      if (styleOf(box).display.startsWith("inline") && !styleOf(box).display.includes("-")) continue;
      if (box instanceof SVGElement) continue;
      if (scrolls(box)) break;
      const edge = box.getBoundingClientRect();
      const isCut = clips(box) || styleOf(box).overflowY === "hidden";
      if (line.right - line.hung > edge.right + SLACK || (isCut && line.left < edge.left - SLACK)) {
        faults.add(`wider than ${named(box)}: “${short(line.node.data)}” by ${Math.round(line.right - edge.right)}`);
        break;
      }
      const isClamped = styleOf(box).webkitLineClamp !== "none";
      if (isCut && !isClamped && line.bottom > edge.bottom + SLACK) {
        faults.add(`cut off by ${named(box)}: “${short(line.node.data)}”`);
        break;
      }
      if (isClamped) break;
    }
  }

  // No text may cover other text.
  const visible = lines
    .map((line) => {
      const seen = { ...line };
      for (let box = line.element; box && box !== document.body; box = box.parentElement) {
        if (!scrolls(box) && !clips(box)) continue;
        const edge = box.getBoundingClientRect();
        seen.left = Math.max(seen.left, edge.left);
        seen.right = Math.min(seen.right, edge.right);
        seen.top = Math.max(seen.top, edge.top);
        seen.bottom = Math.min(seen.bottom, edge.bottom);
      }
      return seen;
    })
    .filter((line) => line.right - line.left > 1 && line.bottom - line.top > 1)
    .sort((one, other) => one.top - other.top);
  visible.forEach((one, place) => {
    for (const other of visible.slice(place + 1)) {
      if (other.top >= one.bottom - SLACK) break;
      if (other.node === one.node) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - other.top;
      if (wide > SLACK && high > SLACK) {
        faults.add(
          `“${short(one.node.data)}” (${named(one.element)}) lies over “${short(other.node.data)}” (${named(other.element)})`,
        );
      }
    }
  });

  // Images and controls must not extend beyond the edge of the page.
  for (const element of ground.querySelectorAll("img, svg, table, input, select, textarea, button, dialog[open]")) {
    if (!shown(element)) continue;
    const box = element.getBoundingClientRect();
    let above = element.parentElement;
    while (above && !scrolls(above) && !clips(above)) above = above.parentElement;
    if (!above && (box.right > page.clientWidth + 1 || box.left < -1)) {
      faults.add(`${named(element)} stands out of the page: ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    if (element instanceof HTMLImageElement && element.complete && !element.naturalWidth) {
      faults.add(`a picture without pixels: ${element.currentSrc || element.src}`);
    }
  }

  // Targets must have the minimum size, except links in running text, which are as high as a line.
  const isInText = (link) => {
    const around = link.parentElement.closest("p, li, dd, td, th, caption, figcaption, blockquote, h1, h2, h3, h4");
    return styleOf(link).display === "inline" && around && around.innerText.trim() !== link.innerText.trim();
  };
  for (const element of ground.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!shown(element) || (element.matches("a") && isInText(element))) continue;
    if (element.closest("[aria-hidden=true]") || element.matches(".skip:not(:focus)")) continue;
    const label = element.labels?.[0];
    const boxes = [element, ...(label ? [label] : [])].map((each) => each.getBoundingClientRect());
    const high = Math.max(...boxes.map((box) => box.height));
    const wide = Math.max(...boxes.map((box) => box.width));
    if (high < smallest - 0.5 || wide < smallest - 0.5) {
      faults.add(`a target of ${Math.round(wide)} × ${Math.round(high)}: ${named(element)} “${short(element.innerText || element.name || "")}”`);
    }
  }

  // No animation may run by itself.
  for (const animation of document.getAnimations()) {
    if (animation.playState === "running") faults.add(`moves: ${named(animation.effect.target)}`);
  }
  return [...faults];
};
