// logScale maps durations in milliseconds to 0..1, by their logarithm.
export function logScale(low, high) {
  const a = Math.log(low);
  const b = Math.log(high) - a;
  return (ms) => (ms <= low ? 0 : ms >= high ? 1 : (Math.log(ms) - a) / b);
}

// barScale is that of the bars in lists: 0.1 ms to 60 s.
export const barScale = logScale(0.1, 60e3);

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

// timeTicks returns round moments of the viewer's zone, at most n of them.
export function timeTicks(from, to, n) {
  const step = 1e3 * (steps.find((s) => (to - from) / (s * 1e3) <= n) ?? Math.ceil((to - from) / n / 6048e5) * 604800);
  const zone = new Date(from).getTimezoneOffset() * 6e4;
  const out = [];
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) out.push(t);
  return { ticks: out, step };
}

// niceMax returns a round number that is no less than n, and 1 at least.
export function niceMax(n) {
  if (!(n > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((m) => m >= n);
}

// powers returns the powers of ten between two durations.
export function powers(low, high) {
  const out = [];
  for (let e = Math.ceil(Math.log10(low) - 1e-9); 10 ** e <= high; e++) out.push(10 ** e);
  return out;
}
