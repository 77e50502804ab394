import { sized } from './dom.js';
import { clock, day, millis, short } from './format.js';
import { logScale, niceMax, powers, timeTicks } from './scale.js';
import { colour } from './theme.js';

// The margins of every chart, so that one moment is at one place in each.
export const left = 50;
const right = 6;
const above = 6;
const below = 18;

// frame clears a canvas and draws its axis of time. It returns the context, the
// size of the area inside of the margins, and where a moment is.
function frame(canvas, data) {
  const { c, w, h } = sized(canvas);
  const inner = Math.max(1, w - left - right);
  const bottom = h - below;
  const x = (t) => left + ((t - data.from) / (data.to - data.from)) * inner;
  c.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  c.textBaseline = 'alphabetic';
  c.fillStyle = colour('muted');
  c.textAlign = 'center';
  const { ticks, step } = timeTicks(data.from, data.to, Math.max(2, Math.floor(inner / 76)));
  for (const t of ticks) {
    const text = step >= 864e5 ? day(t).slice(5) : step < 6e4 ? clock(t) : clock(t).slice(0, 5);
    const half = c.measureText(text).width / 2;
    c.fillText(text, Math.min(w - half - 1, Math.max(half, x(t))), h - 4);
    c.fillRect(Math.round(x(t)), bottom, 1, 3);
  }
  c.fillStyle = colour('line');
  c.fillRect(left, bottom, inner, 1);
  return { c, w, x, bottom, top: above, high: bottom - above };
}

function yLabel(c, text, y) {
  c.fillStyle = colour('muted');
  c.textAlign = 'right';
  c.fillText(text, left - 6, y + 4);
}

function gridLine(c, w, y) {
  c.fillStyle = colour('line');
  c.fillRect(left, Math.round(y), w - left - right, 1);
}

// drawCounts draws how many actions ended in each step, those that failed at
// the bottom.
export function drawCounts(canvas, data) {
  const { c, w, x, bottom, top, high } = frame(canvas, data);
  const seconds = data.step / 1e3;
  const most = niceMax(Math.max(0, ...data.points.map((p) => p.total)) / seconds);
  for (const part of [1, 0.5]) {
    gridLine(c, w, top + high * (1 - part));
    yLabel(c, short(most * part) + '/s', top + high * (1 - part) + (part === 1 ? 3 : 0));
  }
  for (const p of data.points) {
    if (p.total === 0) continue;
    const a = Math.max(left, x(p.at));
    const b = x(p.at + data.step);
    const width = Math.max(1, b - a - (b - a > 4 ? 1 : 0));
    const all = Math.max(1, (p.total / seconds / most) * high);
    const bad = p.failed ? Math.min(all, Math.max(2.5, (p.failed / seconds / most) * high)) : 0;
    c.fillStyle = colour('bar');
    c.fillRect(a, bottom - all, width, all - bad);
    c.fillStyle = colour('fail');
    c.fillRect(a, bottom - bad, width, bad);
  }
}

// rangeOf returns the scale that all durations of the points fit in.
function rangeOf(values, least, most) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values.length ? [10 ** Math.floor(Math.log10(Math.max(least, low))), Math.min(most, Math.max(high * 1.15, low * 10, least * 10))] : [1, 1000];
}

// drawLatency draws p50 as a line, and bands up to p95 and up to p99.
export function drawLatency(canvas, data) {
  const { c, w, x, bottom, top, high } = frame(canvas, data);
  const points = data.points.filter((p) => p.total > 0);
  const [low, most] = rangeOf(points.flatMap((p) => [p.p50, p.p99]).filter((v) => v > 0), 0.001, 1e7);
  const scale = logScale(low, most);
  const y = (ms) => bottom - scale(ms) * high;
  const ticks = powers(low, most);
  ticks.filter((_, i) => ticks.length < 4 || i % 2 === (ticks.length - 1) % 2).forEach((ms) => {
    gridLine(c, w, y(ms));
    yLabel(c, millis(ms), Math.max(y(ms), top + 3));
  });
  for (const run of runs(data)) {
    band(c, run, x, y, 'p95', 'p99', 'band2', data);
    band(c, run, x, y, 'p50', 'p95', 'band1', data);
    line(c, run, x, y, 'p50', 'accent', data);
    line(c, run, x, y, 'p95', 'accent', data, 0.55);
  }
}

// runs splits points where a step has no action.
function runs(data) {
  const out = [[]];
  for (const p of data.points) {
    if (p.total > 0) out.at(-1).push(p);
    else if (out.at(-1).length) out.push([]);
  }
  return out.filter((run) => run.length > 0);
}

// middle is where a step is drawn; one that is cut by the plot's end is drawn
// in the middle of the part that is seen.
const middle = (p, data) => (Math.max(p.at, data.from) + Math.min(p.at + data.step, data.to)) / 2;

function band(c, run, x, y, lower, upper, name, data) {
  c.fillStyle = colour(name);
  c.beginPath();
  if (run.length === 1) {
    const [p] = run;
    c.rect(x(p.at), y(p[upper]), Math.max(1, x(p.at + data.step) - x(p.at)), y(p[lower]) - y(p[upper]));
  }
  for (const p of run) c.lineTo(x(middle(p, data)), y(p[upper]));
  for (const p of run.toReversed()) c.lineTo(x(middle(p, data)), y(p[lower]));
  c.fill();
}

function line(c, run, x, y, key, name, data, alpha = 1) {
  c.strokeStyle = colour(name);
  c.globalAlpha = alpha;
  c.lineWidth = alpha === 1 ? 1.75 : 1;
  c.lineJoin = 'round';
  c.beginPath();
  for (const p of run) c.lineTo(x(middle(p, data)), y(p[key]));
  if (run.length === 1) c.lineTo(x(middle(run[0], data)) + 2, y(run[0][key]));
  c.stroke();
  c.globalAlpha = 1;
}

// drawHeat draws how many actions took how long, the darker the more.
export function drawHeat(canvas, data) {
  const { c, w, x, bottom, top, high } = frame(canvas, data);
  const counts = data.points.map((p) => p.buckets ?? []);
  const used = counts.flatMap((b) => b.map((n, i) => (n > 0 ? i : -1))).filter((i) => i >= 0);
  const lowest = Math.max(0, used.reduce((a, b) => Math.min(a, b), used.length ? 99 : 4));
  const highest = used.reduce((a, b) => Math.max(a, b), lowest + 4);
  const rows = highest - lowest + 1;
  const row = high / rows;
  const most = Math.log1p(counts.reduce((m, b) => b.reduce((a, n) => Math.max(a, n), m), 1));
  const every = Math.max(1, Math.ceil(18 / row));
  for (let k = lowest; k <= highest && data.bounds[k]; k += every) {
    const y = bottom - (k - lowest + 1) * row;
    if (y < top - 1) break;
    gridLine(c, w, y);
    yLabel(c, millis(data.bounds[k] < 1 ? data.bounds[k] : Number(data.bounds[k].toPrecision(2))), Math.max(y, top + 3));
  }
  c.fillStyle = colour('heat');
  data.points.forEach((p, i) => {
    const a = Math.max(left, x(p.at));
    const width = Math.max(1, x(p.at + data.step) - a);
    counts[i].forEach((n, k) => {
      if (n === 0) return;
      c.globalAlpha = 0.12 + 0.88 * (Math.log1p(n) / most);
      c.fillRect(a, bottom - (k - lowest + 1) * row, width + 0.4, row + 0.3);
    });
  });
  c.globalAlpha = 1;
}

// drawMarks draws, over a chart, the range that is being chosen and the moment
// that is pointed at.
export function drawMarks(canvas, data, { at, range }) {
  const { c, w, h } = sized(canvas);
  const x = (t) => left + ((t - data.from) / (data.to - data.from)) * Math.max(1, w - left - right);
  if (range) {
    c.fillStyle = colour('accent');
    c.globalAlpha = 0.18;
    c.fillRect(x(range[0]), 0, x(range[1]) - x(range[0]), h - below);
    c.globalAlpha = 1;
    c.fillRect(x(range[0]), 0, 1, h - below);
    c.fillRect(x(range[1]), 0, 1, h - below);
  }
  if (at != null) {
    c.fillStyle = colour('ink');
    c.globalAlpha = 0.6;
    c.fillRect(Math.round(x(at)), 0, 1, h - below);
    c.globalAlpha = 1;
  }
}

// timeAt returns the moment at a place in a chart, not beyond its ends.
export function timeAt(canvas, px, data) {
  const share = (px - left) / Math.max(1, canvas.clientWidth - left - right);
  return data.from + Math.min(1, Math.max(0, share)) * (data.to - data.from);
}
