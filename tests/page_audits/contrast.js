// Finds text, including that of ::before and ::after, whose contrast with its background is below
// the ratio `wanted`. Returns one string for each text: the ratio, the colours, the element.
(wanted) => {
  const parse = (text) => {
    const found = text.match(/[\d.]+/g).map(Number);
    return { rgb: found.slice(0, 3), alpha: found.length > 3 ? found[3] : 1 };
  };
  const over = (top, below) => top.rgb.map((part, n) => part * top.alpha + below[n] * (1 - top.alpha));
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      layers.unshift(colour);
      if (colour.alpha === 1) break;
    }
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "";
  const isField = (element) => element.matches("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea, select");
  const found = new Set();
  const look = (element, part) => {
    const style = getComputedStyle(element, part);
    const ground = behind(element);
    const colour = over(parse(style.color), ground);
    const contrast = ratio(colour, ground);
    if (contrast < wanted) {
      const place = `${element.tagName.toLowerCase()}.${[...element.classList].join(".")}${part ?? ""}`;
      const words = (element.value ?? element.textContent).trim().slice(0, 30);
      found.add(`${contrast.toFixed(2)}: rgb(${colour.map(Math.round)}) on rgb(${ground.map(Math.round)}) ${place} ${words}`);
    }
  };
  for (const element of document.body.querySelectorAll("*")) {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (element.matches(":disabled, option, script, style, svg *") || element.closest(".cke_top")) continue;
    if ([...element.childNodes].some(isText) || isField(element)) look(element, null);
    for (const part of ["::before", "::after"]) {
      const content = getComputedStyle(element, part).content;
      if (/^".*[^\s"].*"$/.test(content)) look(element, part);
    }
  }
  return [...found];
}
