import { now } from './clock.js';
import { el, setAttr, setHidden, setText, sync } from './dom.js';
import { count, millis, percent } from './format.js';
import { lastPoints } from './since.js';
import { sparkBars } from './spark.js';
import { onTheme } from './theme.js';

const most = 300; // rows; what is beyond is counted
const columns = ['name', 'total', 'failed', 'p50', 'p95', 'p99', 'max'];

// Services is the table of services and their actions. A click on one filters;
// a second click takes the filter away.
export class Services {
  #services = {};
  #sort = { by: 'failed', down: true };
  #closed = new Set(); // services whose actions are not shown
  #trends = new Map(); // by key: {at, points}
  hungry = true; // whether a row in sight may have no trend yet

  constructor(table, api, view) {
    Object.assign(this, { table, api, view });
    this.body = table.tBodies[0];
    this.note = table.parentElement.querySelector('.note');
    for (const button of table.querySelectorAll('thead button')) {
      button.addEventListener('click', () => this.#sortBy(button.dataset.by));
    }
    view.addEventListener('filter', () => this.show());
    onTheme(() => {
      for (const tr of this.body.rows) tr.parts.canvas.drawn = null;
      this.show();
    });
    this.#heads();
  }

  // known has the names of all services and their actions, for completion.
  get known() {
    return Object.fromEntries(Object.entries(this.#services).map(([name, s]) => [name, Object.keys(s.actions ?? {})]));
  }

  stats(stats) {
    this.#services = stats.services;
    const window = stats.capacity && stats.total >= stats.capacity ? `the last ${count(stats.total)} actions` : `all ${count(stats.total)} actions held`;
    setText(this.note, `Counts and quantiles of ${window}; trends of the last 15 minutes.`);
    this.show();
  }

  #sortBy(by) {
    this.#sort = { by, down: by === this.#sort.by ? !this.#sort.down : by !== 'name' };
    this.#heads();
    this.show();
  }

  #heads() {
    for (const th of this.table.tHead.rows[0].cells) {
      const by = th.querySelector('button')?.dataset.by;
      if (!by) continue;
      const on = by === this.#sort.by;
      setAttr(th, 'aria-sort', on ? (this.#sort.down ? 'descending' : 'ascending') : 'none');
      setText(th.querySelector('.arrow'), on ? (this.#sort.down ? '▼' : '▲') : '');
    }
  }

  #ordered(entries) {
    const { by, down } = this.#sort;
    const compare = by === 'name' ? (a, b) => a[0].localeCompare(b[0]) : (a, b) => a[1][by] - b[1][by] || a[1].total - b[1].total;
    return entries.sort((a, b) => (down ? -1 : 1) * compare(a, b) || a[0].localeCompare(b[0]));
  }

  #rows() {
    const rows = [];
    for (const [service, s] of this.#ordered(Object.entries(this.#services))) {
      const actions = Object.entries(s.actions ?? {});
      rows.push({ key: JSON.stringify([service]), service, name: service, sum: s, many: actions.length, open: !this.#closed.has(service) });
      if (this.#closed.has(service)) continue;
      for (const [action, a] of this.#ordered(actions)) rows.push({ key: JSON.stringify([service, action]), service, action, name: action, sum: a });
    }
    return rows;
  }

  show() {
    const rows = this.#rows();
    sync(this.body, rows.slice(0, most), (r) => r.key, () => this.#make(), (e, r) => this.#fill(e, r));
    setHidden(this.table.nextElementSibling, rows.length > 0);
  }

  #make() {
    const fold = el('button', { type: 'button', class: 'fold' });
    const name = el('button', { type: 'button', class: 'name' });
    const cells = Object.fromEntries(columns.slice(1).map((c) => [c, el('td', { class: 'number' })]));
    const canvas = el('canvas', { class: 'spark', 'aria-hidden': 'true' });
    const tr = el('tr', {}, el('th', { scope: 'row' }, el('span', {}, fold, name)), ...Object.values(cells), el('td', { class: 'trend' }, canvas));
    tr.parts = { fold, name, cells, canvas };
    fold.addEventListener('click', () => {
      const { service } = tr.item;
      if (!this.#closed.delete(service)) this.#closed.add(service);
      this.show();
    });
    name.addEventListener('click', () => this.#pick(tr.item));
    return tr;
  }

  #chosen({ service, action }) {
    const { service: s = [], action: a = [] } = this.view.query;
    return s.includes(service) && (action === undefined ? a.length === 0 : a.includes(action));
  }

  #pick(row) {
    const { service, action } = row;
    if (this.#chosen(row)) this.view.with(action === undefined ? { service: null } : { action: null });
    else this.view.with({ service: [service], action: action === undefined ? null : [action] });
  }

  #fill(tr, { key, service, action, name, sum, many, open }) {
    const { fold, name: button, cells, canvas } = tr.parts;
    tr.className = action === undefined ? 'of-service' : 'of-action';
    setHidden(fold, action !== undefined);
    if (!fold.hidden) {
      setText(fold, open ? '▾' : '▸');
      setAttr(fold, 'aria-expanded', open);
      setAttr(fold, 'aria-label', `${many} actions of ${service}`);
    }
    setText(button, name);
    if (button.title !== name) button.title = name;
    setAttr(button, 'aria-pressed', this.#chosen(tr.item));
    setText(cells.total, count(sum.total));
    setText(cells.failed, sum.failed ? count(sum.failed) : '–');
    cells.failed.title = sum.total ? `${percent(sum.failed / sum.total)} of ${count(sum.total)}` : '';
    setAttr(cells.failed, 'data-level', sum.failed ? (sum.failed / sum.total >= 0.5 ? 'bad' : 'some') : null);
    for (const c of ['p50', 'p95', 'p99', 'max']) setText(cells[c], millis(sum[c]));
    const trend = this.#trends.get(key);
    if (trend && canvas.drawn !== trend && canvas.clientWidth > 0) sparkBars(canvas, (canvas.drawn = trend).points);
  }

  // trend asks for the history of the row in sight that was asked for longest
  // ago. One request a call, so that a long table costs no more than a short.
  async trend(signal) {
    if (this.table.offsetParent === null) return;
    const box = this.table.parentElement.getBoundingClientRect();
    let next = null;
    for (const tr of this.body.rows) {
      const at = this.#trends.get(tr.item.key)?.at ?? 0;
      if (Date.now() - at < 60e3 || (next && at >= next.at)) continue;
      const { top, bottom } = tr.getBoundingClientRect();
      if (bottom > box.top && top < Math.min(box.bottom, innerHeight)) next = { at, tr, ...tr.item };
    }
    this.hungry = next?.at === 0;
    if (!next) return;
    const { service, action } = next;
    const step = 30e3;
    const { points } = await this.api.timeseries({ service, action, from: '15m', step: '30s' }, { signal });
    this.#trends.set(next.key, { at: Date.now(), points: lastPoints(points, step, 30, now()) });
    for (const key of this.#trends.keys()) if (this.#trends.size > 2 * most && key !== next.key) this.#trends.delete(key);
    if (next.tr.isConnected) this.#fill(next.tr, next.tr.item);
  }
}
