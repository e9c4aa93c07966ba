// Picture news. The row scrolls and its links are reached without script; this adds the buttons.
// It stands still until somebody starts it, and never starts for who wants less motion.
const SECONDS = 6;
const carousel = document.getElementById("carousel");
const row = carousel.querySelector(".pictures");
const slides = [...row.children];
const controls = carousel.querySelector(".carousel-controls");
const play = controls.querySelector("[data-play]");
const back = controls.querySelector("[data-back]");
const on = controls.querySelector("[data-on]");
const place = controls.querySelector(".carousel-place");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const label = play.textContent;
let timer = 0;

/** The first and the last picture that can be seen whole. */
function seen() {
  const frame = row.getBoundingClientRect();
  const whole = slides.flatMap((slide, index) => {
    const { left, right } = slide.getBoundingClientRect();
    return left >= frame.left - 2 && right <= frame.right + 2 ? [index] : [];
  });
  return whole.length ? [whole[0], whole.at(-1)] : [0, 0];
}

function tell() {
  const [first, last] = seen();
  const fits = row.scrollWidth <= row.clientWidth + 1;
  controls.classList.toggle("is-able", !fits);
  if (fits) pause();
  place.textContent = `${first === last ? first + 1 : `${first + 1}–${last + 1}`} / ${slides.length}`;
}

function go(index) {
  // Not scrollIntoView: that would move the page as well.
  const left = slides[index].getBoundingClientRect().left - slides[0].getBoundingClientRect().left;
  row.scrollTo({ left });
}

/** One on or back; after the last comes the first. */
function step(by) {
  const [first, last] = seen();
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
  if (calm.matches) return;
  timer = setInterval(() => {
    // Whoever reads, or has the keyboard in it, is not to be hurried.
    if (!row.matches(":hover, :focus-within") && !document.hidden) step(1);
  }, SECONDS * 1000);
  play.textContent = play.dataset.pause;
  place.setAttribute("aria-live", "off");
}

play.addEventListener("click", () => (timer ? pause() : start()));
back.addEventListener("click", () => (pause(), step(-1)));
on.addEventListener("click", () => (pause(), step(1)));
// By the keyboard, too, a picture is seen whole before it is chosen.
row.addEventListener("focusin", ({ target }) => {
  const [first, last] = seen();
  const index = slides.findIndex((slide) => slide.contains(target));
  if (index >= 0 && (index < first || index > last)) go(index);
});
row.addEventListener("scroll", () => requestAnimationFrame(tell), { passive: true });
new ResizeObserver(tell).observe(row);
const obey = () => {
  play.hidden = calm.matches;
  if (calm.matches) pause();
};
calm.addEventListener("change", obey);
obey();
