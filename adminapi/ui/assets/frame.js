// painter returns a function that asks for paint to be called before one of the
// next frames, at most once every gap milliseconds, however often it is asked;
// with true, before the very next one.
export function painter(paint, gap = () => 0) {
  let timer = 0;
  let frame = 0;
  let last = -Infinity;
  const run = (now) => {
    frame = 0;
    last = now;
    paint();
  };
  const ask = () => {
    clearTimeout(timer);
    timer = 0;
    frame ||= requestAnimationFrame(run);
  };
  return (soon = false) => {
    if (frame || (timer && !soon)) return;
    const wait = soon ? 0 : last + gap() - performance.now();
    if (wait > 4) timer = setTimeout(ask, wait);
    else ask();
  };
}
