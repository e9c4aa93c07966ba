// Displays the description and the parts of a source value while its printed text is typed. Inline
// rows may be added later, so that events are handled on the document.

const DEBOUNCE_MS = 250;
const pending = new WeakMap();

function elements(root) {
  return {
    input: root.querySelector("input"),
    own: root.querySelector(".source-value-own input"),
    unit: root.querySelector('input[type="hidden"]'),
    line: root.querySelector("[data-reading]"),
  };
}

function fill(root, parts) {
  for (const [name, value] of Object.entries(parts)) {
    const field = root.querySelector(`[data-part="${name}"] :is(input, select)`);
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value ?? "";
  }
}

async function understand(root, signal) {
  const { input, own, unit, line } = elements(root);
  const query = new URLSearchParams({ text: input.value, unit: unit.value });
  try {
    const response = await fetch(`${root.dataset.sourceValue}?${query}`, {
      signal,
      headers: { Accept: "application/json" },
    });
    const json = response.headers.get("Content-Type")?.startsWith("application/json");
    if (!response.ok || !json) throw new Error("not a JSON response");
    const answer = await response.json();
    // Parts that the editor states are neither overwritten nor described before they are saved.
    if (own.checked) return;
    line.textContent = answer.reading;
    line.dataset.understood = answer.is_understood || !input.value.trim();
    fill(root, answer.parts);
  } catch {
    // Offline or signed out: remove the description, which belongs to an earlier text.
    if (!signal.aborted) line.textContent = "";
  }
}

function schedule(root) {
  const last = pending.get(root);
  if (last) {
    clearTimeout(last.timer);
    last.abort.abort();
  }
  const { own, line } = elements(root);
  const abort = new AbortController();
  const next = { abort, timer: 0 };
  pending.set(root, next);
  if (own.checked) {
    line.textContent = "";
    return;
  }
  next.timer = setTimeout(() => understand(root, abort.signal), DEBOUNCE_MS);
}

function onInput(event) {
  const root = event.target.closest?.("[data-source-value]");
  if (!root) return;
  const { own } = elements(root);
  if (event.target.closest("[data-part]") && !own.checked) own.checked = true;
  schedule(root);
}

document.addEventListener("input", onInput);
