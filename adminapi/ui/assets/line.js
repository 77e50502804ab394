import { now } from './clock.js';
import { el, setAttr, setText } from './dom.js';
import { clock, count, day, millis, utc } from './format.js';
import { aboutOf, codeOf, labelOf, msOf, outcomeOf } from './outcome.js';
import { barScale } from './scale.js';

let today = { start: 0, end: 0 };

// stampOf writes when an action ended: the time of day, or the date too where
// that was another day.
export function stampOf(timestamp) {
  const t = Date.parse(timestamp);
  const n = now();
  if (n >= today.end) {
    const start = new Date(n).setHours(0, 0, 0, 0);
    today = { start, end: new Date(start).setHours(24) };
  }
  return t >= today.start && t < today.end ? clock(t, true) : `${day(t)} ${clock(t).slice(0, 5)}`;
}

// timeOf is an element that shows a moment as text does, and UTC on hover.
export const timeOf = (t, text) => {
  const date = new Date(t);
  return el('time', { text, title: utc(t), datetime: Number.isNaN(date.getTime()) ? null : date.toISOString() });
};

// Line is one row of the list, used again for one action after another.
export class Line {
  constructor() {
    const cell = (name, ...kids) => el('div', { class: name, role: 'gridcell' }, ...kids);
    this.code = el('span');
    this.time = el('time');
    this.service = el('span', { class: 'service' });
    this.action = el('span', { class: 'action' });
    this.duration = el('span');
    this.bar = el('i');
    this.mark = cell('c-mark', el('span', { class: 'mark' }), this.code);
    this.about = cell('c-about');
    this.element = el(
      'div', { class: 'line', role: 'row' },
      this.mark, cell('c-time', this.time), cell('c-what', this.service, this.action),
      cell('c-duration', this.duration, el('span', { class: 'bar' }, this.bar)), this.about,
    );
  }

  // show makes the line that of a row of the list.
  show(row) {
    if (this.row === row) return;
    this.row = row;
    const gap = row.missed !== undefined;
    const outcome = gap ? 'gap' : outcomeOf(row);
    setAttr(this.element, 'data-outcome', outcome);
    setAttr(this.mark, 'aria-label', gap ? 'gap' : labelOf(row));
    setText(this.code, gap ? '' : codeOf(row));
    setText(this.time, gap ? '' : stampOf(row.timestamp));
    setText(this.service, gap ? '' : row.service);
    setText(this.action, gap ? '' : row.action);
    setText(this.about, gap ? `${count(row.missed)} ${row.missed === 1 ? 'action was' : 'actions were'} missed here` : aboutOf(row));
    setText(this.duration, gap ? '' : millis(msOf(row)));
    this.bar.style.transform = `scaleX(${gap ? 0 : barScale(msOf(row)).toFixed(3)})`;
  }
}
