import { now } from './clock.js';
import { el, setAttr, setHidden, setText, sync } from './dom.js';
import { age, count, moment, percent, utc } from './format.js';
import { failingSince, lastPoints, sum } from './since.js';
import { sparkBars } from './spark.js';
import { onTheme } from './theme.js';

const back = 3600e3; // how far it looks for failures
const most = 6; // actions of which it learns the history
const shown = 3; // without being asked for more

const keyOf = (a) => JSON.stringify([a.service, a.action]);

// Failing says what is failing now and since when, whatever the filter is.
export class Failing {
  #found = new Map(); // by service and action
  #all = false;
  #list = [];
  #last = null; // the newest failure of all

  constructor(section, api, { onPick, onChange }) {
    Object.assign(this, { section, api, onPick, onChange });
    this.items = section.querySelector('ul');
    this.title = section.querySelector('h2');
    this.note = section.querySelector('.note');
    this.more = section.querySelector('button');
    this.more.addEventListener('click', () => {
      this.#all = !this.#all;
      this.#show();
    });
    onTheme(() => this.#show());
    new ResizeObserver(() => this.#draw()).observe(section);
  }

  // load asks which actions fail, and for the history of those that fail most.
  async load(signal) {
    const { actions } = await this.api.search({ status: 'failed', from: '1h', limit: 150 }, { signal });
    this.#last = actions[0] ?? null;
    const groups = new Map();
    for (const a of actions) {
      const key = keyOf(a);
      if (!groups.has(key)) groups.set(key, { service: a.service, action: a.action, newest: a, seen: 0, known: this.#found.get(key)?.known ?? {} });
      const g = groups.get(key);
      g.seen++;
      g.earliest = a;
    }
    for (const [key, old] of this.#found) if (!groups.has(key) && now() - Date.parse(old.newest.timestamp) < back) groups.set(key, old);
    const list = [...groups.values()].sort((a, b) => b.seen - a.seen).slice(0, 20);
    for (const g of list.slice(0, most)) await this.#learn(g, signal);
    for (const g of list.slice(most)) this.#guess(g);
    this.#found = new Map(list.filter((g) => g.run).map((g) => [keyOf(g), g]));
    this.#list = list.filter((g) => g.run?.ongoing).sort((a, b) => b.recent.failed - a.recent.failed);
    this.#show();
    this.onChange(this.#list);
  }

  // #learn finds since when an action fails, by whole minutes, which are counted
  // for a day.
  async #learn(g, signal) {
    const ask = async (query) => (await this.api.timeseries({ service: g.service, action: g.action, ...query }, { signal })).points;
    const step = 60e3;
    let points;
    try {
      points = await ask({ from: '1h', step: '1m' });
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    if (!points) {
      this.#guess(g);
      return;
    }
    g.run = failingSince(points, step, now());
    if (!g.run) return; // forgotten meanwhile
    if (g.run.ongoing) await this.#date(g, step, ask);
    g.recent = sum(points, now() - 300e3);
    if (g.recent.failed === 0) g.recent = { total: g.run.total, failed: g.run.failed };
    g.points = lastPoints(points, step, 60, now());
  }

  // #date tells more exactly when the run began: by looking back for a day if
  // an hour is not enough, else by the second. What it learns it remembers.
  async #date({ run, known }, step, ask) {
    if (run.since - (now() - back) < 4 * step) {
      if (!known.day || now() - known.at > 300e3) Object.assign(known, { day: failingSince(await ask({ from: '24h', step: '5m' }), 300e3, now()), at: now() });
      const { day } = known;
      if (day && day.since < run.since) Object.assign(run, { since: day.since, open: day.open && day.since - (now() - 864e5) < 600e3 });
      return;
    }
    run.open = false;
    if (known.step !== run.since) {
      const points = await ask({ from: new Date(run.since).toISOString(), to: new Date(run.since + step).toISOString(), step: '1s' });
      Object.assign(known, { step: run.since, second: Date.parse(points.find((p) => p.failed > 0)?.time ?? run.since) });
    }
    run.since = known.second;
  }

  // #guess makes do with the failures that are held.
  #guess(g) {
    const since = Date.parse(g.earliest?.timestamp ?? g.newest.timestamp);
    const last = Date.parse(g.newest.timestamp);
    g.run = { since, last, ongoing: now() - last < 300e3, open: true, total: 0, failed: g.seen };
    g.recent = { total: 0, failed: g.seen };
    g.points = [];
  }

  #show() {
    const list = this.#list;
    const bad = list.length > 0;
    setAttr(this.section, 'data-state', bad ? 'bad' : 'good');
    setText(this.title, bad ? `Failing now: ${list.length === 1 ? '1 action' : `${list.length} actions`}` : 'Nothing is failing');
    const last = this.#last;
    setText(this.note, bad ? '' : last
      ? `The last failure was ${age(now() - Date.parse(last.timestamp))} ago: ${last.service} ${last.action}, ${last.error ?? ''}`
      : 'There was no failure in the last hour.');
    sync(this.items, this.#all ? list : list.slice(0, shown), keyOf, () => this.#make(), (e, g) => this.#fill(e, g));
    setHidden(this.more, list.length <= shown);
    setText(this.more, this.#all ? 'Show fewer' : `Show ${list.length - shown} more`);
    setAttr(this.more, 'aria-expanded', this.#all);
    this.#draw();
  }

  #make() {
    const span = (name) => el('span', { class: name });
    const parts = {
      name: el('span', { class: 'name' }, span('service'), span('action')),
      share: span('share'), since: el('time', { class: 'since' }), error: span('error'),
      canvas: el('canvas', { class: 'spark', 'aria-hidden': 'true' }),
    };
    const item = el('li');
    item.append(el('button', { type: 'button', on: { click: () => this.onPick(item.item) } },
      el('span', { class: 'mark', 'aria-hidden': 'true' }), parts.name, parts.share, parts.since, parts.canvas, parts.error));
    item.parts = parts;
    return item;
  }

  #fill(item, g) {
    const { name, share, since, error } = item.parts;
    setText(name.children[0], g.service);
    setText(name.children[1], g.action);
    name.title = `${g.service} ${g.action}`;
    const { total, failed } = g.recent;
    setText(share, total ? `${percent(failed / total)} fail` : `${count(failed)} failed`);
    share.title = total ? `${count(failed)} of ${count(total)} in the last 5 minutes` : '';
    const quiet = now() - Date.parse(g.newest.timestamp);
    setText(since, `since ${g.run.open ? 'before ' : ''}${moment(g.run.since, now())} · ${quiet > 120e3 ? `last ${age(quiet)} ago` : (g.run.open ? '> ' : '') + age(now() - g.run.since)}`);
    since.title = utc(g.run.since);
    since.dateTime = new Date(g.run.since).toISOString();
    setText(error, g.newest.error ?? '');
    error.title = g.newest.error ?? '';
    setAttr(item, 'data-level', total && failed / total >= 0.5 ? 'bad' : 'some');
  }

  #draw() {
    for (const item of this.items.children) if (item.parts.canvas.clientWidth > 0) sparkBars(item.parts.canvas, item.item.points);
  }
}
