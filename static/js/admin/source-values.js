// Beside the box for what a source prints: how it is understood, said while it is typed. Rows may
// come later, so that everything is listened to from the document.

const QUIET_MS = 250;
const waiting = new WeakMap();

function pieces(root) {
  return {
    box: root.querySelector("input"),
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
  const { box, own, unit, line } = pieces(root);
  const query = new URLSearchParams({ text: box.value, unit: unit.value });
  try {
    const response = await fetch(`${root.dataset.sourceValue}?${query}`, {
      signal,
      headers: { Accept: "application/json" },
    });
    const json = response.headers.get("Content-Type")?.startsWith("application/json");
    if (!response.ok || !json) throw new Error("no answer");
    const answer = await response.json();
    // What a person says himself is not overwritten, nor spoken about before it is saved.
    if (own.checked) return;
    line.textContent = answer.reading;
    line.dataset.understood = answer.is_understood || !box.value.trim();
    fill(root, answer.parts);
  } catch {
    // Offline or signed out: better nothing than the reading of another text.
    if (!signal.aborted) line.textContent = "";
  }
}

function soon(root) {
  const last = waiting.get(root);
  if (last) {
    clearTimeout(last.timer);
    last.abort.abort();
  }
  const { own, line } = pieces(root);
  const abort = new AbortController();
  const next = { abort, timer: 0 };
  waiting.set(root, next);
  if (own.checked) {
    line.textContent = "";
    return;
  }
  next.timer = setTimeout(() => understand(root, abort.signal), QUIET_MS);
}

function typed(event) {
  const root = event.target.closest?.("[data-source-value]");
  if (!root) return;
  const { own } = pieces(root);
  if (event.target.closest("[data-part]") && !own.checked) own.checked = true;
  soon(root);
}

document.addEventListener("input", typed);
