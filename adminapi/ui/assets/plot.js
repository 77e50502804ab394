import { drawCounts, drawHeat, drawLatency, drawMarks, timeAt } from './charts.js';
import { setAttr, setText } from './dom.js';
import { age, clock, count, millis, moment, percent, utc } from './format.js';
import { painter } from './frame.js';
import { sum } from './since.js';
import { onTheme } from './theme.js';

const charts = { counts: drawCounts, latency: drawLatency, heat: drawHeat };

// Plot shows a time series as three charts over the same time. A range is
// chosen by dragging over any of them, or with the arrow keys, and told to
// onRange(from, to).
export class Plot {
  #data = null; // {points, step, bounds, from, to}; each point has its moment as .at
  #at = null;
  #range = null;
  #anchor = null;

  constructor(section, onRange) {
    this.section = section;
    this.onRange = onRange;
    this.readout = section.querySelector('.readout');
    this.charts = [...section.querySelectorAll('.chart')].map((chart) => {
      const [base, over] = chart.querySelectorAll('canvas');
      this.#listen(over);
      return { base, over, draw: charts[chart.dataset.chart] };
    });
    this.slider = section.querySelector('[role=slider]');
    this.slider.addEventListener('keydown', (event) => this.#key(event));
    this.slider.addEventListener('blur', () => this.#point(null, null));
    this.paint = painter(() => this.#paint(), () => 9500); // a step moves the charts by a pixel or two
    this.paintMarks = painter(() => this.#paintMarks());
    new ResizeObserver(() => this.paint(true)).observe(section);
    onTheme(() => this.paint(true));
  }

  // show shows another series: at once, or with the next ones if it goes on from
  // the last.
  show(data, soon) {
    for (const p of data.points) p.at = Date.parse(p.time);
    this.#data = data;
    this.paint(soon);
  }

  #listen(canvas) {
    let start = null;
    const at = (event) => timeAt(canvas, event.offsetX, this.#data);
    canvas.addEventListener('pointerdown', (event) => {
      if (!this.#data || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      start = event.offsetX;
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.#data) return;
      const dragged = start !== null && Math.abs(event.offsetX - start) > 4;
      const range = dragged ? [timeAt(canvas, start, this.#data), at(event)].sort((a, b) => a - b) : null;
      this.#point(at(event), range);
    });
    canvas.addEventListener('pointerup', () => {
      start = null;
      this.#choose();
    });
    canvas.addEventListener('pointercancel', () => {
      start = null;
      this.#point(null, null);
    });
    canvas.addEventListener('pointerleave', () => start === null && this.#point(null, null));
  }

  #key(event) {
    if (!this.#data || event.ctrlKey || event.metaKey || event.altKey) return;
    const { from, to, step } = this.#data;
    const far = Math.max(step, (to - from) / 20);
    const by = { ArrowLeft: -step, ArrowRight: step, ArrowDown: -step, ArrowUp: step, PageDown: -far, PageUp: far, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === 'Enter' && this.#range) {
      this.#choose();
    } else if (event.key === 'Escape' && this.#range) {
      this.#point(this.#at, null);
    } else if (by !== undefined) {
      const before = this.#at ?? to - step / 2;
      const at = Math.min(to, Math.max(from, before + by));
      if (!event.shiftKey) this.#anchor = at;
      this.#anchor ??= before;
      this.#point(at, event.shiftKey ? [this.#anchor, at].sort((a, b) => a - b) : null);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // #choose takes the range, made as wide as the steps that it touches.
  #choose() {
    const range = this.#range;
    this.#point(null, null);
    if (!range) return;
    const { step } = this.#data;
    this.onRange(Math.floor(range[0] / step) * step, Math.ceil(range[1] / step) * step);
  }

  #point(at, range) {
    this.#at = at;
    this.#range = range;
    this.paintMarks();
  }

  #paint() {
    if (!this.#data) return;
    for (const { base, draw } of this.charts) if (base.clientWidth > 0) draw(base, this.#data);
    this.#paintMarks();
  }

  #paintMarks() {
    if (!this.#data) return;
    for (const { over } of this.charts) if (over.clientWidth > 0) drawMarks(over, this.#data, { at: this.#at, range: this.#range });
    this.#tell();
  }

  // #tell says in words what is pointed at, or what there is in all.
  #tell() {
    const { points, step, from, to } = this.#data;
    let text;
    if (this.#range) {
      const [a, b] = this.#range;
      text = `${clock(a)} to ${clock(b)} (${age(b - a)}): ${summary(points.filter((p) => p.at + step > a && p.at < b))}`;
    } else if (this.#at !== null) {
      const p = points.find((q) => q.at <= this.#at && this.#at < q.at + step);
      const when = clock(p ? p.at : Math.floor(this.#at / step) * step);
      text = p?.total
        ? `${when}, ${age(step)}: ${summary([p])} · p50 ${millis(p.p50)} · p95 ${millis(p.p95)} · p99 ${millis(p.p99)} · max ${millis(p.max)}`
        : `${when}: no actions`;
    } else {
      text = `${moment(from, to)} to ${clock(to)} (${age(to - from)}): ${summary(points)}`;
    }
    setText(this.readout, text);
    this.readout.title = this.#at === null ? `${utc(from)} to ${utc(to)}` : utc(this.#at);
    const now = Math.round(this.#at ?? to);
    setAttr(this.slider, 'aria-valuemin', Math.round(from));
    setAttr(this.slider, 'aria-valuemax', Math.round(to));
    setAttr(this.slider, 'aria-valuenow', now);
    setAttr(this.slider, 'aria-valuetext', text);
  }
}

function summary(points) {
  const { total, failed } = sum(points);
  return `${count(total)} actions, ${count(failed)} failed` + (failed ? ` (${percent(failed / total)})` : '');
}
