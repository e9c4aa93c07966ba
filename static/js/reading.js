// Text size buttons, printing and reading aloud. theme.js applies the stored size before painting.
const root = document.documentElement;
const tools = document.getElementById("reading-aids");
const text = document.getElementById("article") ?? document.querySelector("main");

// Text size

const sizes = [...tools.querySelectorAll("[data-size]")];

/** Mark the button of the current size as pressed. */
function updateButtons() {
  const size = root.dataset.size ?? "medium";
  for (const button of sizes) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
}

new MutationObserver(updateButtons).observe(root, { attributeFilter: ["data-size"] });
updateButtons();
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

// Reading aloud, with voices of the device only: remote ones would send the text to a third party.
const BLOCKS = "h1, h2, h3, h4, p, li, dt, dd, caption, figcaption, th, td, blockquote";
const SILENT = "nav, button, form, summary, svg, noscript, .facts-line, .article-foot, .visually-hidden";
const SENTENCES = /[^。！？；]+[。！？；]*[”’」』）》]*|[。！？；]+/gu;
const language = text.closest("[lang]").lang.slice(0, 2).toLowerCase();
const speech = window.speechSynthesis;
const toggle = tools.querySelector("[data-aloud]");
const end = tools.querySelector("[data-stop]");
const labels = { still: toggle.textContent, speaking: toggle.dataset.pause, paused: toggle.dataset.resume };

let sentences = []; // [block, words], in the order of the page
let at = 0;
let state = "still";
let current = null; // the current utterance; without a reference the browser may never fire "end"

function voice() {
  const own = speech.getVoices().filter((each) => {
    const tag = each.lang.toLowerCase();
    return each.localService && (tag.startsWith(language) || (language === "zh" && tag.startsWith("cmn")));
  });
  return own.find((each) => /[-_](cn|us)/i.test(each.lang)) ?? own[0];
}

function* passages() {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let block = null;
  let words = "";
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest(SILENT) || parent.checkVisibility?.() === false) continue;
    const own = parent.closest(BLOCKS);
    if (own !== block) {
      if (words.trim()) yield [block, words];
      [block, words] = [own, ""];
    }
    words += walker.currentNode.data;
  }
  if (words.trim()) yield [block, words];
}

function setState(next) {
  state = next;
  toggle.textContent = labels[state];
  end.classList.toggle("is-able", state !== "still");
  for (const marked of text.querySelectorAll(".spoken")) marked.classList.remove("spoken");
  if (state === "speaking") sentences[at]?.[0]?.classList.add("spoken");
}

function speakSentence() {
  const own = voice();
  if (!own || at >= sentences.length) {
    stop();
    return;
  }
  setState("speaking");
  const utterance = new SpeechSynthesisUtterance(sentences[at][1]);
  utterance.voice = own;
  utterance.lang = own.lang;
  utterance.rate = 0.9;
  utterance.onend = () => {
    if (utterance !== current) return;
    at += 1;
    speakSentence();
  };
  utterance.onerror = () => utterance === current && stop();
  current = utterance;
  speech.speak(utterance);
}

function cancel(next) {
  current = null;
  speech.cancel(); // not pause(), which phones lack: the current sentence is repeated later
  setState(next);
}

function stop() {
  if (state === "still") return;
  const hadFocus = document.activeElement === end;
  cancel("still");
  if (hadFocus) toggle.focus();
}

function start() {
  sentences = [...passages()].flatMap(([block, words]) =>
    (words.match(SENTENCES) ?? []).filter((each) => each.trim()).map((each) => [block, each]),
  );
  at = 0;
  speakSentence();
}

if (speech) {
  const offer = () => toggle.classList.toggle("is-able", Boolean(voice()));
  offer();
  speech.addEventListener?.("voiceschanged", offer);
  toggle.addEventListener("click", () => {
    if (state === "speaking") cancel("paused");
    else if (state === "paused") speakSentence();
    else start();
  });
  end.addEventListener("click", stop);
  addEventListener("pagehide", stop); // otherwise speech continues on the next page
}
