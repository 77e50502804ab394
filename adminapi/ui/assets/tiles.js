import { setAttr, setText } from './dom.js';
import { age, count, millis, percent, short } from './format.js';
import { painter } from './frame.js';
import { sparkLine } from './spark.js';
import { onTheme } from './theme.js';

const kept = 100; // samples of what no time series has

// Tiles are the top numbers, each with a sparkline.
export class Tiles {
  #tiles = {};
  #sparks = {};
  #history = { flight: [], sinks: [] };

  constructor(root) {
    for (const tile of root.querySelectorAll('[data-tile]')) {
      this.#tiles[tile.dataset.tile] = {
        tile, value: tile.querySelector('.value'), note: tile.querySelector('.note'), canvas: tile.querySelector('canvas'),
      };
    }
    this.paint = painter(() => this.#paint(), () => 250);
    new ResizeObserver(() => this.paint()).observe(root);
    onTheme(() => this.paint());
  }

  #set(name, value, note, level) {
    const t = this.#tiles[name];
    setText(t.value, value);
    setText(t.note, note);
    setAttr(t.tile, 'data-level', level);
  }

  // series shows the newest part of a time series: the last minute as numbers,
  // all of it as lines.
  series({ points, step }, now) {
    const since = Math.ceil((now - Math.max(60e3, 2 * step)) / step) * step;
    const recent = points.filter((p) => Date.parse(p.time) >= since);
    const begun = points.length ? Math.max(since, Date.parse(points[0].time)) : since;
    const seconds = Math.max(1, (now - begun) / 1e3);
    let total = 0;
    let failed = 0;
    let weighted = 0;
    for (const p of recent) {
      total += p.total;
      failed += p.failed;
      weighted += p.p95 * p.total;
    }
    const rate = total / seconds;
    const rateText = total === 0 ? '0' : rate >= 0.95 ? short(rate) : short(rate * 60);
    this.#set('rate', rateText, total === 0 || rate >= 0.95 ? 'per second' : 'per minute');
    const share = total ? failed / total : 0;
    this.#set('failures', total ? percent(share) : '–', `${count(failed)} in the last minute`, share >= 0.1 ? 'bad' : share > 0 ? 'some' : null);
    this.#set('p95', total ? millis(weighted / total) : '–', 'last minute');
    const whole = points.filter((p) => Date.parse(p.time) + step <= now);
    this.#sparks.rate = whole.map((p) => p.total);
    this.#sparks.failures = whole.map((p) => (p.total ? p.failed / p.total : null));
    this.#sparks.p95 = whole.map((p) => (p.total ? p.p95 : null));
    this.paint();
  }

  active(list) {
    const oldest = Math.max(0, ...list.map((r) => r.age));
    this.#set('flight', count(list.length), list.length ? `oldest ${age(oldest)}` : 'none');
    this.#push('flight', list.length);
  }

  sinks(sinks) {
    const all = Object.entries(sinks);
    let lag = 0;
    let missed = 0;
    for (const [, s] of all) {
      lag += s.lag;
      missed += s.missed;
    }
    const broken = all.find(([, s]) => s.lastError);
    const note = broken ? `${broken[0]}: ${broken[1].lastError}` : `behind · ${count(missed)} missed`;
    this.#set('sinks', all.length ? count(lag) : '–', all.length ? note : 'no sinks', missed > 0 || broken ? 'bad' : null);
    this.#tiles.sinks.tile.title = all.map(([name, s]) => `${name}: ${s.lag} behind, ${s.written} written, ${s.missed} missed${s.lastError ? ', ' + s.lastError : ''}`).join('\n');
    this.#push('sinks', lag);
  }

  #push(name, value) {
    const h = this.#history[name];
    h.push(value);
    if (h.length > kept) h.shift();
    this.#sparks[name] = h;
    this.paint();
  }

  #paint() {
    for (const [name, values] of Object.entries(this.#sparks)) {
      const { canvas } = this.#tiles[name];
      if (canvas.clientWidth > 0) sparkLine(canvas, values, name === 'failures' ? 'fail' : 'accent');
    }
  }
}
