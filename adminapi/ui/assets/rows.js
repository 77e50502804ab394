// Rows are the actions of the list, oldest first inside and newest first to
// those who ask. They are bounded. While they are held, what arrives waits and
// what is shown stays as it is.
//
// Each row has a number, its key, that stays the same as others come and go.
export class Rows {
  #items = [];
  #first = 0; // the key of #items[0]
  #shown = 0; // how many of #items are shown, while held
  #dropped = 0; // how many arrived while held and were not kept

  // tail is how many rows are kept of what arrives, most how many in all.
  constructor({ tail = 20000, most = 100000 } = {}) {
    this.tail = tail;
    this.most = most;
    this.held = false;
  }

  // reset shows a page, in the order of the list.
  reset(page) {
    this.#items = page.slice().reverse();
    this.#first = 0;
    this.#dropped = 0;
    this.#shown = this.#items.length;
  }

  // push adds what arrived, oldest first.
  push(actions) {
    const waiting = this.#items.length - this.#shown;
    if (this.held && (waiting + actions.length > this.tail || this.#dropped)) {
      this.#dropped += actions.length; // in one piece with what follows: a list without holes
      return;
    }
    for (const a of actions) this.#items.push(a);
    if (this.held) return;
    this.#shown = this.#items.length;
    this.#trim(this.tail);
  }

  // pushOlder adds a page behind the last row, in the order of the list, and
  // reports whether there is room for more.
  pushOlder(page) {
    const room = Math.max(0, this.most - this.#items.length);
    const fit = page.slice(0, room).reverse();
    this.#items = fit.concat(this.#items);
    this.#first -= fit.length;
    this.#shown += fit.length;
    return this.#items.length < this.most;
  }

  hold() {
    if (!this.held) this.#shown = this.#items.length;
    this.held = true;
  }

  // release shows what waited. It reports false where not all of it was kept,
  // and the list has to be asked for again.
  release() {
    this.held = false;
    this.#shown = this.#items.length;
    if (this.#dropped) return false;
    this.#trim(this.tail);
    return true;
  }

  #trim(most) {
    const over = this.#items.length - most;
    if (over < Math.min(1000, most / 4)) return;
    this.#items.splice(0, over);
    this.#first += over;
    this.#shown = this.#items.length;
  }

  // length is how many rows are shown, waiting how many are not.
  get length() {
    return this.#shown;
  }

  get waiting() {
    return this.#items.length - this.#shown + this.#dropped;
  }

  // at returns the row at a place of the list, and keyAt its key.
  at(i) {
    return this.#items[this.#shown - 1 - i];
  }

  keyAt(i) {
    return this.#first + this.#shown - 1 - i;
  }

  // indexOf returns the place of a key, or -1 if it is not shown.
  indexOf(key) {
    const i = this.#first + this.#shown - 1 - key;
    return i >= 0 && i < this.#shown ? i : -1;
  }

  // last returns at most n rows from the end of the list.
  last(n) {
    return this.#items.slice(0, n);
  }

  find(id) {
    return this.#items.findLast((a) => a.id === id);
  }
}
