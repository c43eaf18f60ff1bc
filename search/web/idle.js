// Forgetting: after some time without a touch the kiosk starts anew, with a countdown at the end.

export const IDLE_MS = 45_000;
const WARNING_MS = 10_000;
const TICK_MS = 250;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "input", "wheel", "touchstart", "scroll"];
// the warning stands until a whole tap: were it gone at the finger's landing, its lifting would hit what lies below
const ANSWERS = ["click", "keydown"];

/**
 * Watch for touches. `warn(seconds)` is called while the countdown runs, `calm()` when it is over,
 * `forget()` when nobody came back. Nothing happens while `isBlank()`: there is nothing to forget.
 */
export function watchIdle({ warn, calm, forget, isBlank }) {
  let touched = Date.now();
  let warning = false;
  const touch = ({ type }) => {
    if (warning && !ANSWERS.includes(type)) return;
    touched = Date.now();
    if (warning) calm();
    warning = false;
  };
  for (const name of new Set([...TOUCHES, ...ANSWERS])) addEventListener(name, touch, { passive: true, capture: true });
  setInterval(() => {
    const left = IDLE_MS - (Date.now() - touched);
    if (isBlank()) return;
    if (left <= 0) {
      warning = false;
      calm();
      forget();
    } else if (left <= WARNING_MS) {
      warning = true;
      warn(Math.ceil(left / 1000));
    }
  }, TICK_MS);
}
