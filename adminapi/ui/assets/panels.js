import { now } from './clock.js';
import { el, setHidden, setText, sync } from './dom.js';
import { age, count, millis, moment } from './format.js';
import { timeOf } from './line.js';
import { msOf } from './outcome.js';
import { barScale } from './scale.js';
import { literal } from './template.js';

// Errors is the table of failures by what their errors have in common.
export class Errors {
  constructor(panel, view) {
    Object.assign(this, { panel, view, body: panel.querySelector('tbody') });
  }

  show(groups) {
    const n = now();
    sync(this.body, groups, (g) => g.template, () => this.#make(), (tr, g) => {
      const [number, name, first, last] = tr.cells;
      setText(number, count(g.count));
      const [button, services] = name.children;
      setText(button, g.template || '(no error text)');
      setText(services, g.services.join(', '));
      for (const [cell, t] of [[first, g.first], [last, g.last]]) {
        if (cell.told === t && cell.near === n - (n % 1e4)) continue;
        cell.told = t;
        cell.near = n - (n % 1e4);
        const ago = n - Date.parse(t);
        cell.replaceChildren(timeOf(t, ago < 60e3 && cell === last ? `${age(ago)} ago` : moment(t, n)));
      }
    });
    setHidden(this.panel.querySelector('.empty'), groups.length > 0);
  }

  #make() {
    const button = el('button', { type: 'button', class: 'error' });
    const tr = el('tr', {}, el('td', { class: 'number bad' }), el('td', {}, button, el('span', { class: 'quiet' })), el('td', { class: 'when' }), el('td', { class: 'when' }));
    button.addEventListener('click', () => {
      const text = literal(tr.item.template);
      this.view.with({ status: 'failed', q: text || null, service: tr.item.services, action: null });
    });
    return tr;
  }
}

// Slow is the table of the slowest of each service and action.
export class Slow {
  constructor(panel, onOpen) {
    Object.assign(this, { panel, onOpen, body: panel.querySelector('tbody') });
  }

  show(actions) {
    const groups = new Map();
    for (const a of actions) {
      const key = JSON.stringify([a.service, a.action]);
      if (groups.has(key)) groups.get(key).list.push(a);
      else groups.set(key, { key, list: [a] });
    }
    const n = now();
    sync(this.body, [...groups.values()], (g) => g.key, () => this.#make(), (tr, { list }) => {
      const [name, durations, when] = tr.cells;
      setText(name.children[0], list[0].service);
      setText(name.children[1], list[0].action);
      sync(durations.firstElementChild, list.slice(0, 3), (a) => a.id, () => this.#duration(), (e, a) => {
        const ms = msOf(a);
        setText(e, millis(ms));
        e.title = `${a.status}, ${moment(a.timestamp, n, true)}`;
        e.dataset.outcome = a.status;
      });
      durations.lastElementChild.firstElementChild.style.transform = `scaleX(${barScale(msOf(list[0])).toFixed(3)})`;
      if (when.told !== list[0].id) {
        when.told = list[0].id;
        when.replaceChildren(timeOf(list[0].timestamp, moment(list[0].timestamp, n)));
      }
    });
    setHidden(this.panel.querySelector('.empty'), groups.size > 0);
  }

  #make() {
    return el('tr', {},
      el('td', { class: 'what' }, el('span', { class: 'service' }), el('span', { class: 'action' })),
      el('td', {}, el('span', { class: 'several' }), el('span', { class: 'bar' }, el('i'))),
      el('td', { class: 'when' }));
  }

  #duration() {
    const button = el('button', { type: 'button', class: 'link' });
    button.addEventListener('click', () => this.onOpen(button.item));
    return button;
  }
}

// Active is the table of the requests in flight.
export class Active {
  constructor(panel) {
    Object.assign(this, { panel, body: panel.querySelector('tbody') });
  }

  show(list) {
    sync(this.body, list.slice(0, 200).map((r, i) => ({ ...r, i })), (r) => `${r.began} ${r.i}`, () => this.#make(), (tr, r) => {
      const [ago, what, path] = tr.cells;
      setText(ago, millis(r.ageNs / 1e6));
      ago.title = `began ${moment(r.began, now(), true)}`;
      ago.dataset.level = r.age > 10e3 ? 'bad' : '';
      setText(what.children[0], r.service);
      setText(what.children[1], r.action);
      setText(path.children[0], r.http ? `${r.http.method} ${r.http.path}` : '');
      setText(path.children[1], r.http?.requestId ?? '');
    });
    setHidden(this.panel.querySelector('.empty'), list.length > 0);
  }

  #make() {
    return el('tr', {},
      el('td', { class: 'number' }),
      el('td', { class: 'what' }, el('span', { class: 'service' }), el('span', { class: 'action' })),
      el('td', { class: 'what' }, el('span'), el('span', { class: 'quiet' })));
  }
}
