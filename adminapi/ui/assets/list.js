import { setAttr, setHidden, setText } from './dom.js';
import { utc } from './format.js';
import { painter } from './frame.js';
import { Line } from './line.js';

const overscan = 6;

// List shows rows, of which only those in sight are elements. It scrolls by
// itself, or with the page where its style says so (on a phone).
//
// A line is placed from the key of its row, so that rows that arrive on top move
// one element, not each. While the reader looks at something (paused, scrolled
// down, a row picked) the rows are held.
export class List {
  #lines = new Map(); // by key
  #spare = [];
  #base = 0; // the key at which offsets begin
  #reasons = new Set(); // why rows are held
  #top = 0;
  #gap = 80;
  picked = null; // the key of the row picked by the keyboard or a click
  opened = null; // the id of the action that is opened

  constructor({ grid, body, rows, onOpen, onEnd, onHold, onLost }) {
    Object.assign(this, { grid, body, rows, onOpen, onEnd, onHold, onLost });
    this.layer = body.firstElementChild;
    this.paint = painter(() => this.#paint(), () => this.#gap);
    const scrolled = () => {
      this.#hold('scroll', this.#measure().offset > this.#height / 2);
      this.paint(true);
    };
    grid.addEventListener('scroll', scrolled, { passive: true });
    addEventListener('scroll', () => this.#flows && scrolled(), { passive: true });
    new ResizeObserver(() => this.#resize()).observe(grid);
    body.addEventListener('click', (event) => {
      const key = Number(event.target.closest('.line')?.dataset.key ?? NaN);
      if (!(this.rows.indexOf(key) >= 0) || String(getSelection())) return;
      this.pick(key);
      this.open();
    });
    body.addEventListener('pointerover', (event) => {
      const line = event.target.closest('.line');
      const row = line && this.#lines.get(Number(line.dataset.key))?.row;
      if (row?.timestamp && event.target.localName === 'time') event.target.title = utc(row.timestamp);
      else if (row && event.target.scrollWidth > event.target.clientWidth) event.target.title = event.target.textContent;
    });
    this.#resize();
  }

  #height = 28;
  #flows = false; // whether it scrolls with the page

  #resize() {
    this.#flows = getComputedStyle(this.grid).overflowY === 'visible';
    this.#height = parseFloat(getComputedStyle(this.grid).getPropertyValue('--line')) || 28;
    this.#headHeight = this.grid.firstElementChild.offsetHeight;
    this.#again();
  }

  #headHeight = 28;

  // #again places every line anew.
  #again() {
    for (const line of this.#lines.values()) this.#retire(line);
    this.#lines.clear();
    this.#base = this.rows.keyAt(0);
    this.paint(true);
  }

  // #measure returns how much of the body is above the top of what is seen, and
  // the height of what is seen.
  #measure() {
    if (!this.#flows) return { offset: this.grid.scrollTop, seen: this.grid.clientHeight - this.#headHeight };
    return { offset: this.#headHeight - this.body.getBoundingClientRect().top, seen: innerHeight };
  }

  // reset shows the rows from their beginning, when they are other rows.
  reset() {
    this.picked = null;
    this.#hold('pick', false);
    if (this.#measure().offset > 0) this.#scrollTo(0);
    this.#hold('scroll', false);
    this.#again();
  }

  #scrollTo(offset) {
    if (!this.#flows) this.grid.scrollTop = offset;
    else scrollBy(0, offset - this.#measure().offset);
  }

  // #hold keeps the rows as they are for a reason, or for that no longer.
  #hold(reason, on) {
    if (on === this.#reasons.has(reason)) return;
    if (on) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    if (this.#reasons.size > 0) this.rows.hold();
    else if (this.rows.held && !this.rows.release()) this.onLost();
    this.onHold();
    this.paint(true);
  }

  get paused() {
    return this.#reasons.has('pause');
  }

  get held() {
    return this.#reasons.size > 0;
  }

  pause(on) {
    this.#hold('pause', on);
  }

  // toTop shows the newest, and what arrives, again.
  toTop() {
    this.picked = null;
    this.#hold('pick', false);
    this.#scrollTo(0);
    this.#hold('scroll', false);
  }

  // step picks a row that is further down, or up if by is negative.
  step(by) {
    if (this.rows.length === 0) return;
    const { offset, seen } = this.#measure();
    const h = this.#height;
    const at = this.picked === null ? -1 : this.rows.indexOf(this.picked);
    const first = Math.max(0, Math.ceil(offset / h));
    const i = at < 0 ? first : Math.min(this.rows.length - 1, Math.max(0, at + by));
    this.pick(this.rows.keyAt(i));
    if (!document.querySelector('dialog[open]')) this.grid.focus({ preventScroll: true });
    if (i * h < offset) this.#scrollTo(i * h);
    else if ((i + 1) * h > offset + seen) this.#scrollTo((i + 1) * h - seen);
  }

  pick(key) {
    this.picked = key;
    this.#hold('pick', true);
    this.paint(true);
  }

  unpick() {
    this.picked = null;
    this.#hold('pick', false);
    this.paint(true);
  }

  open() {
    const row = this.picked === null ? undefined : this.rows.at(this.rows.indexOf(this.picked));
    if (row?.id) this.onOpen(row);
  }

  mark(id) {
    this.opened = id;
    this.paint(true);
  }

  #retire(line) {
    this.#spare.push(line);
  }

  #paint() {
    const { offset, seen } = this.#measure(); // before anything is changed, so that nothing is laid out twice
    const n = this.rows.length;
    const h = this.#height;
    const top = this.rows.keyAt(0);
    const arrived = top - this.#top;
    this.#gap = arrived > 40 ? 1000 : arrived > 8 ? 400 : 80; // nobody reads a hundred lines a second
    this.#top = top;
    if (Math.abs(top - this.#base) > 100000) {
      this.#base = top;
      for (const line of this.#lines.values()) this.#retire(line);
      this.#lines.clear();
    }
    this.body.style.height = `${n * h}px`;
    this.layer.style.transform = `translateY(${(top - this.#base) * h}px)`;
    setAttr(this.grid, 'aria-rowcount', n + 1);
    const from = Math.max(0, Math.floor(offset / h) - overscan);
    const to = Math.min(n, Math.ceil((offset + seen) / h) + overscan);
    for (const [key, line] of this.#lines) {
      const i = this.rows.indexOf(key);
      if (i >= from && i < to) continue;
      this.#retire(line);
      this.#lines.delete(key);
    }
    let before = null;
    for (let i = from; i < to; i++) before = this.#show(i, before);
    for (const line of this.#spare) setHidden(line.element, true);
    const active = this.#lines.get(this.picked);
    setAttr(this.grid, 'aria-activedescendant', active ? active.element.id : null);
    if (to > n - 40) this.onEnd();
  }

  // #show shows a row, whose element stands behind that of the row before it.
  #show(i, before) {
    const key = this.rows.keyAt(i);
    let line = this.#lines.get(key);
    if (!line) {
      line = this.#spare.pop() ?? new Line();
      this.#lines.set(key, line);
      setHidden(line.element, false);
      if (before ? before.nextElementSibling !== line.element : this.layer.firstElementChild !== line.element) {
        if (before) before.after(line.element);
        else this.layer.prepend(line.element);
      }
      line.element.id = `line${key}`;
      line.element.dataset.key = key;
      line.element.style.transform = `translateY(${(this.#base - key) * this.#height}px)`;
    }
    line.show(this.rows.at(i));
    const { element } = line;
    if (line.i !== i) element.ariaRowIndex = String((line.i = i) + 2);
    const picked = key === this.picked;
    if (line.picked !== picked) element.ariaSelected = String((line.picked = picked));
    const opened = line.row.id !== undefined && line.row.id === this.opened;
    if (line.opened !== opened) element.classList.toggle('opened', (line.opened = opened));
    return element;
  }
}

// showHead tells by which column the list is sorted.
export function showHead(head, sort = '-timestamp') {
  for (const cell of head.querySelectorAll('[data-sort]')) {
    const by = cell.dataset.sort;
    const direction = sort === by ? 'ascending' : sort === '-' + by ? 'descending' : 'none';
    setAttr(cell, 'aria-sort', direction);
    setText(cell.querySelector('.arrow'), { ascending: '▲', descending: '▼', none: '' }[direction]);
  }
}
