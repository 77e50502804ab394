import { setClock } from './clock.js';
import { live, without } from './filter.js';

const page = 200;

// Tail fills the rows with what matches a filter: a page of what there is, then
// what arrives, and older pages as they are asked for.
//
// state is one of loading, ready, failed; stream one of off, connecting, open,
// waiting, denied, closed. It calls onChange when either has changed, onRows
// when rows have, and onError when it was refused.
export class Tail {
  state = 'loading';
  stream = 'off';
  error = null;
  detail = {}; // what the stream said of its state
  missed = 0;
  more = false; // whether there are older pages
  #abort = new AbortController();
  #connection = null;
  #query = {};
  #newest = null;
  #cursor = null;
  #cursorKey = 0;
  #older = false;
  #batch = [];
  #due = false;

  constructor(api, rows, { onChange, onRows, onError }) {
    Object.assign(this, { api, rows, onChange, onRows, onError });
  }

  // start shows a filter afresh.
  async start(query) {
    this.stop();
    const { signal } = (this.#abort = new AbortController());
    this.#query = query;
    this.#newest = null;
    this.#batch = [];
    this.missed = 0;
    this.#set({ state: 'loading', error: null, more: false });
    try {
      const { actions, next } = await this.api.search({ ...query, limit: page }, { signal });
      this.rows.reset(actions);
      this.#newest = actions[0]?.id ?? null;
      this.#remember(next);
      this.#set({ state: 'ready', more: Boolean(next) });
      this.onRows();
      if (live(query)) this.connect();
    } catch (error) {
      if (signal.aborted) return;
      this.#set({ state: 'failed', error });
      this.onError(error);
    }
  }

  // connect goes on from the newest action that there is.
  connect() {
    this.#connection?.close();
    if (this.state !== 'ready' || !live(this.#query)) return;
    const { signal } = this.#abort;
    const where = this.#newest ? { after: this.#newest } : { last: page };
    const connection = this.api.stream(without(this.#query, 'sort'), (action) => this.#take(action), {
      ...where,
      signal,
      onMissed: (n) => this.#miss(n),
      onState: (detail) => {
        if (this.#connection === connection || !this.#connection) this.#set({ stream: detail.state, detail });
      },
    });
    this.#connection = connection;
  }

  // disconnect stops what arrives, until connect or start.
  disconnect() {
    this.#connection?.close();
    this.#connection = null;
    this.#set({ stream: 'off', detail: {} });
  }

  stop() {
    this.#abort.abort();
    this.disconnect();
  }

  // older fetches the page behind the last row.
  async older() {
    if (this.#older || !this.more || this.state !== 'ready') return;
    this.#older = true;
    const { signal } = this.#abort;
    try {
      const trimmed = this.rows.keyAt(this.rows.length - 1) !== this.#cursorKey;
      const query = { ...this.#query, limit: 1000 };
      if (!trimmed) query.cursor = this.#cursor;
      else query.to = new Date(Date.parse(this.rows.last(100).find((a) => a.timestamp).timestamp) + 1).toISOString();
      const { actions, next } = await this.api.search(query, { signal });
      const near = new Set(trimmed ? this.rows.last(1000).map((a) => a.id) : []);
      const fresh = actions.filter((a) => !near.has(a.id));
      const room = this.rows.pushOlder(fresh);
      this.#remember(next);
      this.#set({ more: room && Boolean(next) });
      this.onRows();
    } catch (error) {
      if (signal.aborted) return;
      this.#set({ more: false });
      this.onError(error);
    } finally {
      this.#older = false;
    }
  }

  #remember(next) {
    this.#cursor = next;
    this.#cursorKey = this.rows.keyAt(this.rows.length - 1);
  }

  #take(action) {
    if (!this.#newest || Math.abs(Date.parse(action.timestamp) - Date.now()) > 5e3) setClock(action.timestamp);
    this.#newest = action.id;
    this.#batch.push(action);
    this.#flushSoon();
  }

  #miss(n) {
    this.missed += n;
    this.#batch.push({ missed: n });
    this.#flushSoon();
  }

  #flushSoon() {
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#due = false;
      const batch = this.#batch;
      this.#batch = [];
      if (batch.length === 0) return;
      this.rows.push(batch);
      if (this.rows.length > 0 && !this.more && this.rows.keyAt(this.rows.length - 1) !== this.#cursorKey) this.more = true;
      this.onRows(batch);
    }, 100);
  }

  #set(fields) {
    const changed = Object.keys(fields).some((name) => this[name] !== fields[name]);
    Object.assign(this, fields);
    if (changed) this.onChange();
  }
}
