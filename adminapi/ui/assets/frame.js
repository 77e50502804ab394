// painter returns a function that asks for paint to be called before one of the
// next frames, at most once every gap milliseconds, however often it is asked.
export function painter(paint, gap = 0) {
  let pending = false;
  let last = -Infinity;
  const run = (now) => {
    pending = false;
    last = now;
    paint();
  };
  return (soon = false) => {
    if (pending && !soon) return;
    const wait = soon ? 0 : last + (typeof gap === 'function' ? gap() : gap) - performance.now();
    pending = true;
    if (wait > 4) setTimeout(() => pending && requestAnimationFrame(run), wait);
    else requestAnimationFrame(run);
  };
}
