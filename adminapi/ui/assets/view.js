import { fromParams, toParams } from './filter.js';

// View is what the page shows: the filter, and the action that is opened. It is
// in the URL, so that a link shows the same, and back and forward work. It
// dispatches 'filter' and 'open' when they have changed.
export class View extends EventTarget {
  query = {};
  open = null; // the id of the action that is opened

  constructor() {
    super();
    this.#read();
    addEventListener('popstate', () => {
      const before = [String(toParams(this.query)), this.open];
      this.#read();
      if (before[0] !== String(toParams(this.query))) this.dispatchEvent(new Event('filter'));
      if (before[1] !== this.open) this.dispatchEvent(new Event('open'));
    });
  }

  #read() {
    const params = new URLSearchParams(location.search);
    this.open = params.get('open') || null;
    this.query = fromParams(params);
  }

  // filter shows what matches another query.
  filter(query) {
    if (String(toParams(query)) === String(toParams(this.query))) return;
    this.query = query;
    this.#push();
    this.dispatchEvent(new Event('filter'));
  }

  // with changes some fields of the filter; null removes one.
  with(fields) {
    this.filter(Object.fromEntries(Object.entries({ ...this.query, ...fields }).filter(([, v]) => v != null && v.length !== 0)));
  }

  // show opens an action, or closes it if id is null. Looking through one
  // action after another leaves one entry in the history.
  show(id) {
    if (id === this.open) return;
    const replace = id !== null && this.open !== null;
    this.open = id;
    this.#push(replace);
    this.dispatchEvent(new Event('open'));
  }

  #push(replace = false) {
    const params = toParams(this.query);
    if (this.open) params.set('open', this.open);
    const search = String(params);
    history[replace ? 'replaceState' : 'pushState'](null, '', location.pathname + (search && '?' + search));
  }
}
