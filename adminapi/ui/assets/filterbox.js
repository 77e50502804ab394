import { complete } from './complete.js';
import { el, setAttr, setHidden, setText } from './dom.js';
import { format, parse } from './filter.js';

// FilterBox is the input of the filter, with completion as a combobox has it.
export class FilterBox {
  #items = [];
  #active = -1;
  #range = { start: 0, end: 0 };

  constructor(form, view, known) {
    Object.assign(this, { form, view, known });
    this.input = form.querySelector('input');
    this.list = form.querySelector('[role=listbox]');
    this.error = form.querySelector('[role=alert]');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#active >= 0) this.#take(this.#active);
      else this.#apply();
    });
    this.input.addEventListener('input', () => this.#propose());
    this.input.addEventListener('focus', () => this.#propose());
    this.input.addEventListener('click', () => this.#propose());
    this.input.addEventListener('blur', () => this.#close());
    this.input.addEventListener('keydown', (event) => this.#key(event));
    this.list.addEventListener('pointerdown', (event) => {
      event.preventDefault(); // the focus stays in the input
      const option = event.target.closest('[role=option]');
      if (option) this.#take([...this.list.children].indexOf(option));
    });
    form.querySelector('.clear-filter').addEventListener('click', () => {
      this.view.filter({});
      this.input.focus();
    });
    view.addEventListener('filter', () => this.show());
    this.show();
  }

  // show writes the filter that is in force.
  show() {
    this.input.value = format(this.view.query);
    this.refuse(null);
    setHidden(this.form.querySelector('.clear-filter'), this.input.value === '');
  }

  // refuse tells what the server says is wrong with the filter.
  refuse(text) {
    setText(this.error, text ?? '');
    setHidden(this.error, !text);
    setAttr(this.input, 'aria-invalid', text ? 'true' : null);
  }

  #apply() {
    this.#close();
    this.refuse(null);
    const query = parse(this.input.value);
    const same = format(query) === format(this.view.query);
    this.view.filter(query);
    if (same) this.show();
  }

  #key(event) {
    const { key } = event;
    const n = this.#items.length;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (n === 0) return this.#propose();
      const from = this.#active < 0 && key === 'ArrowUp' ? n : this.#active;
      this.#activate((from + (key === 'ArrowDown' ? 1 : n - 1)) % n);
    } else if (key === 'Tab' && n > 0 && !event.shiftKey && (this.#active >= 0 || (n === 1 && this.#range.end > this.#range.start))) {
      this.#take(Math.max(0, this.#active));
    } else if (key === 'Escape') {
      if (n > 0) this.#close();
      else {
        this.show();
        this.input.blur();
      }
    } else {
      return undefined;
    }
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  }

  #propose() {
    const { start, end, items } = complete(this.input.value, this.input.selectionStart, this.known());
    this.#range = { start, end };
    this.#items = items;
    this.list.replaceChildren(...items.map(({ text, hint }, i) =>
      el('li', { role: 'option', id: `option${i}`, 'aria-selected': 'false' }, el('span', { text: text.trim() }), el('span', { class: 'quiet', text: hint }))));
    setHidden(this.list, items.length === 0);
    setAttr(this.input, 'aria-expanded', items.length > 0);
    this.#activate(-1);
  }

  #activate(i) {
    this.#active = i;
    [...this.list.children].forEach((option, k) => setAttr(option, 'aria-selected', k === i));
    this.list.children[i]?.scrollIntoView({ block: 'nearest' });
    setAttr(this.input, 'aria-activedescendant', i < 0 ? null : `option${i}`);
  }

  #take(i) {
    const { text } = this.#items[i];
    const { start, end } = this.#range;
    this.input.setRangeText(text, start, end, 'end');
    this.input.focus();
    this.#propose();
  }

  #close() {
    this.#items = [];
    setHidden(this.list, true);
    setAttr(this.input, 'aria-expanded', 'false');
    this.#activate(-1);
  }
}
