// Buttons of the picture news. Without JavaScript the row scrolls and its links work as well.
// It does not move until started, and cannot be started under prefers-reduced-motion.
const INTERVAL_SECONDS = 6;
const carousel = document.getElementById("carousel");
const row = carousel.querySelector(".pictures");
const slides = [...row.children];
const controls = carousel.querySelector(".carousel-controls");
const play = controls.querySelector("[data-play]");
const back = controls.querySelector("[data-back]");
const on = controls.querySelector("[data-on]");
const place = controls.querySelector(".carousel-place");
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const label = play.textContent;
let timer = 0;

/** Return the indexes of the first and the last fully visible picture. */
function visibleRange() {
  const frame = row.getBoundingClientRect();
  const whole = slides.flatMap((slide, index) => {
    const { left, right } = slide.getBoundingClientRect();
    return left >= frame.left - 2 && right <= frame.right + 2 ? [index] : [];
  });
  return whole.length ? [whole[0], whole.at(-1)] : [0, 0];
}

/** Update the position text and hide the controls if all pictures fit. */
function update() {
  const [first, last] = visibleRange();
  const fits = row.scrollWidth <= row.clientWidth + 1;
  controls.classList.toggle("is-able", !fits);
  if (fits) pause();
  place.textContent = `${first === last ? first + 1 : `${first + 1}–${last + 1}`} / ${slides.length}`;
}

function go(index) {
  // Not scrollIntoView, which would scroll the page as well.
  const left = slides[index].getBoundingClientRect().left - slides[0].getBoundingClientRect().left;
  row.scrollTo({ left });
}

/** Move one picture forward or back, wrapping around at the ends. */
function step(by) {
  const [first, last] = visibleRange();
  if (by > 0) go(last === slides.length - 1 ? 0 : first + 1);
  else go(first === 0 ? slides.length - 1 : first - 1);
}

function pause() {
  clearInterval(timer);
  timer = 0;
  play.textContent = label;
  place.setAttribute("aria-live", "polite");
}

function start() {
  if (reducedMotion.matches) return;
  timer = setInterval(() => {
    // Do not move while the row is hovered or focused, or the tab is in the background.
    if (!row.matches(":hover, :focus-within") && !document.hidden) step(1);
  }, INTERVAL_SECONDS * 1000);
  play.textContent = play.dataset.pause;
  place.setAttribute("aria-live", "off");
}

play.addEventListener("click", () => (timer ? pause() : start()));
back.addEventListener("click", () => (pause(), step(-1)));
on.addEventListener("click", () => (pause(), step(1)));
// Scroll a picture fully into view when its link receives the focus.
row.addEventListener("focusin", ({ target }) => {
  const [first, last] = visibleRange();
  const index = slides.findIndex((slide) => slide.contains(target));
  if (index >= 0 && (index < first || index > last)) go(index);
});
row.addEventListener("scroll", () => requestAnimationFrame(update), { passive: true });
new ResizeObserver(update).observe(row);
const applyMotionPreference = () => {
  play.hidden = reducedMotion.matches;
  if (reducedMotion.matches) pause();
};
reducedMotion.addEventListener("change", applyMotionPreference);
applyMotionPreference();
