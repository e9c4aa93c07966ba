// The pressed size, printing, reading aloud. What the page is like before it is drawn, theme.js says.
const root = document.documentElement;
const tools = document.getElementById("reading-aids");
const text = document.getElementById("article") ?? document.querySelector("main");

// --- the size of the text ---------------------------------------------------------------------

const sizes = [...tools.querySelectorAll("[data-size]")];

function press() {
  const size = root.dataset.size ?? "medium";
  for (const button of sizes) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
}

new MutationObserver(press).observe(root, { attributeFilter: ["data-size"] });
press();
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

// --- reading aloud ----------------------------------------------------------------------------

// By a voice of the reader's own device only: others would send the text to somebody.
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
let current = null; // what is being said; kept, or the browser may forget to say that it ended

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

function become(next) {
  state = next;
  toggle.textContent = labels[state];
  end.classList.toggle("is-able", state !== "still");
  for (const marked of text.querySelectorAll(".spoken")) marked.classList.remove("spoken");
  if (state === "speaking") sentences[at]?.[0]?.classList.add("spoken");
}

function say() {
  const own = voice();
  if (!own || at >= sentences.length) {
    stop();
    return;
  }
  become("speaking");
  const said = new SpeechSynthesisUtterance(sentences[at][1]);
  said.voice = own;
  said.lang = own.lang;
  said.rate = 0.9;
  said.onend = () => {
    if (said !== current) return;
    at += 1;
    say();
  };
  said.onerror = () => said === current && stop();
  current = said;
  speech.speak(said);
}

function hush(next) {
  current = null;
  speech.cancel(); // where telephones have no pause, this is one: the sentence is said again
  become(next);
}

function stop() {
  if (state === "still") return;
  const hadFocus = document.activeElement === end;
  hush("still");
  if (hadFocus) toggle.focus();
}

function start() {
  sentences = [...passages()].flatMap(([block, words]) =>
    (words.match(SENTENCES) ?? []).filter((each) => each.trim()).map((each) => [block, each]),
  );
  at = 0;
  say();
}

if (speech) {
  const offer = () => toggle.classList.toggle("is-able", Boolean(voice()));
  offer();
  speech.addEventListener?.("voiceschanged", offer);
  toggle.addEventListener("click", () => {
    if (state === "speaking") hush("paused");
    else if (state === "paused") say();
    else start();
  });
  end.addEventListener("click", stop);
  addEventListener("pagehide", stop); // the browser would go on reading on the next page
}
