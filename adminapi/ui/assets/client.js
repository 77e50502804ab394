/**
 * The client of an action log's HTTP API, for browsers and for Node 20 or later.
 *
 *     import { getRecentActions, stream } from '/action-logs/client.js';
 *     const actions = await getRecentActions(10);
 *     const live = stream({ status: 'failed' }, (action) => console.log(action.error));
 *
 * These ask the server that this module came from; connect() is for another
 * one, or a token. All but exportURL and stream return a promise of what the
 * answer holds, which rejects with an ActionLogError, and take {signal} as last
 * argument. See client.d.ts. What comes from the server is data: show it as
 * textContent, never as HTML.
 */

const SILENCE = 45_000; // ms without a byte or heartbeat, after which a connection is dead
const SHORTEST = 500; // ms between attempts to connect
const LONGEST = 30_000;
const STEADY = 5_000; // ms after which a connection was a success
const REMEMBERED = 20_000; // ids that come once
const LARGEST = 1 << 20; // characters in an event

/** Why a call failed: status is that of the answer, 0 without one; retryAfter is in seconds. */
export class ActionLogError extends Error {
  constructor(detail, { status = 0, retryAfter, cause } = {}) {
    super(detail, { cause });
    Object.assign(this, { name: 'ActionLogError', status, detail, retryAfter });
  }
}

/** A client of the API below base, with a bearer token, through another fetch: all optional. */
export function connect({ base, token, fetch } = {}) {
  let root;
  const address = (path, query) => {
    if (!root) {
      root = base === undefined ? new URL('.', import.meta.url) : new URL(base, globalThis.document?.baseURI);
      root.search = root.hash = '';
      if (!root.pathname.endsWith('/')) root.pathname += '/';
    }
    const url = new URL(path, root);
    for (const [name, value] of Object.entries(fieldsOf(query))) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one === undefined || one === null) continue;
        url.searchParams.append(name, one instanceof Date ? one.toISOString() : one);
      }
    }
    return url.href;
  };

  /** What fetch is called with; throws where that cannot be. */
  const prepare = (path, { query, body, accept = 'application/json', ...init }) => {
    try {
      if (/[^!-~]/.test(token ?? '')) throw Error('no header can carry the token');
      init.headers = { Accept: accept };
      if (token) init.headers.Authorization = `Bearer ${token}`;
      if (body !== undefined) {
        init.headers['Content-Type'] = 'application/json';
        init.body = JSON.stringify(body);
      }
      return [address(path, query), { cache: 'no-store', ...init }];
    } catch (cause) {
      throw new ActionLogError(`The request cannot be made: ${cause.message}`, { cause });
    }
  };

  const send = async (path, options) => {
    const [url, init] = prepare(path, options);
    let response;
    try {
      response = await (fetch ?? globalThis.fetch)(url, init);
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ActionLogError(`The server cannot be reached: ${cause?.cause?.message || cause?.message}`, { cause });
    }
    if (!response.ok) throw await refusal(response);
    return response;
  };

  const ask = async (path, init) => {
    const response = await send(path, init);
    try {
      const text = await response.text();
      const value = text ? JSON.parse(text) : {};
      if (Object(value) !== value) throw Error('it is no object');
      return value;
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ActionLogError(`The answer is not whole: ${cause.message}`, { status: response.status, cause });
    }
  };
  const get = (path, query, options) => ask(path, { query, signal: options?.signal });
  const post = (path, body, options) => ask(path, { method: 'POST', body, signal: options?.signal });

  return {
    // Lists, newest first; limit is 1 to 1000, by default 100, of failed ones 50.
    getRecentActions: async (limit, options) => (await get('recent', { limit }, options)).actions,
    getFailedActions: async (limit, options) => (await get('failed', { limit }, options)).actions,
    getActionsByService: async (name, limit, options) => {
      if (/^\.{0,2}$|\p{Surrogate}/u.test(name)) return (await get('search', { service: name, limit }, options)).actions; // no URL can hold it
      return (await get(`service/${encodeURIComponent(name)}`, { limit }, options)).actions;
    },
    getActionStats: async (options) => (await get('stats', {}, options)).stats,
    clearActionLogs: async (options) => (await post('clear', undefined, options)).message,
    // {actions, next}: next is the cursor of the page after it, if there is one.
    search: (query, options) => get('search', query, options),
    slow: async (limit, options) => (await get('slow', { limit }, options)).actions,
    active: async (options) => (await get('active', {}, options)).active,
    errors: async (query, options) => (await get('errors', query, options)).errors,
    timeseries: (query, options) => get('timeseries', query, options),
    // The address of all that match; format is jsonl, csv or json.
    exportURL: (query, format) => address('export', { ...fieldsOf(query), format }),
    // One action or an array: all or none.
    record: async (actions, options) => (await post('', actions, options)).recorded,
    // Changes the token for a cookie, in browsers.
    login: async (token, options) => void (await post('login', { token }, options)),
    logout: async (options) => void (await post('logout', undefined, options)),
    // Calls onAction for each that matches, from now on, until close().
    stream: (query, onAction, options) => follow(prepare, send, query, onAction, options),
  };
}

export const {
  getRecentActions, getFailedActions, getActionsByService, getActionStats, clearActionLogs,
  search, slow, active, errors, timeseries, exportURL, record, login, logout, stream,
} = connect();

function fieldsOf(query) {
  if (!(query instanceof URLSearchParams)) return query ?? {};
  return Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]));
}

async function refusal(response) {
  const { status, headers } = response;
  let detail;
  try {
    ({ detail } = JSON.parse(await response.text()));
  } catch {
    // Something before the API said it.
  }
  if (typeof detail !== 'string') detail = `The server answered ${status}`;
  return new ActionLogError(detail, { status, retryAfter: secondsUntil(headers.get('Retry-After') ?? '') });
}

function secondsUntil(text) {
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** Calls back. What the callback throws is reported, and ends nothing. */
function tell(callback, value) {
  const report = (error) => (globalThis.reportError ?? console.error)(error);
  try {
    const result = callback?.(value);
    if (typeof result?.then === 'function') result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

/** Follows the stream through as many connections as it takes. */
function follow(prepare, send, query, onAction, { onMissed, onState, after, last, signal } = {}) {
  const seen = new Set();
  let state = 'connecting';
  let ended = false;
  let connection = new AbortController();
  let wake = () => {};
  let attempt = 0; // failures in a row
  let firstDelay = 2 * SHORTEST; // ms; the server may say another
  let opened = false;

  const enter = (next, more) => {
    if (ended) return;
    state = next;
    if (next === 'closed' || next === 'denied') {
      ended = true;
      signal?.removeEventListener('abort', close);
      connection.abort();
      wake();
    }
    tell(onState, { state, attempt, ...more });
  };
  const close = () => enter('closed');

  const deliver = (type, data, id) => {
    let value;
    try {
      value = data && JSON.parse(data);
    } catch {
      if (type === 'action') [type, value] = ['missed', { missed: 1 }];
    }
    if (type === 'missed' && value?.missed > 0) {
      tell(onMissed, value.missed);
    } else if (type === 'action' && value) {
      const key = value.id ?? id;
      if (!seen.has(key)) {
        if (key) seen.add(key);
        if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
        tell(onAction, value);
      }
    }
    if (id) after = id;
  };

  /** Reads one connection to its end, which is an error. */
  const read = async (connection) => {
    let timer, since;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => connection.abort(new ActionLogError('The server has been silent for too long')), SILENCE);
    };
    alive();
    try {
      const response = await send('stream', {
        query: { ...fieldsOf(query), ...(after ? { after } : { last }) },
        accept: 'text/event-stream',
        signal: connection.signal,
      });
      if (!/^text\/event-stream\b/i.test(response.headers.get('Content-Type'))) {
        throw new ActionLogError('The answer is not a stream of events', { status: response.status });
      }
      opened = true;
      since = performance.now();
      enter('open');
      const decoder = new TextDecoder();
      const parse = parser(deliver, (ms) => { firstDelay = Math.max(ms, SHORTEST); });
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new ActionLogError('The server ended the stream');
        alive();
        parse(decoder.decode(value, { stream: true }), () => ended);
      }
    } finally {
      clearTimeout(timer);
      connection.abort();
      if (performance.now() - since >= STEADY) attempt = 0;
    }
  };

  const run = async () => {
    await null; // nothing is called before stream has returned
    try {
      prepare('stream', { query });
    } catch (error) {
      return enter('closed', { error }); // nor could it be made later
    }
    for (;;) {
      enter('connecting');
      if (ended) return;
      connection = new AbortController();
      let error = await read(connection).catch((cause) => cause);
      if (!(error instanceof ActionLogError)) error = new ActionLogError(`The connection broke: ${error?.message}`, { cause: error });
      const { status } = error;
      if (status === 401 || status === 403) return enter('denied', { error });
      if (status >= 400 && status < 500 && ![408, 425, 429].includes(status) && !(status === 404 && opened)) {
        return enter('closed', { error }); // to ask again would not help
      }
      const most = Math.min(LONGEST, firstDelay * 2 ** Math.min(attempt, 9));
      const retryIn = Math.max(SHORTEST, Math.round(most * (1 + Math.random()) / 2)) + Math.min(error.retryAfter ?? 0, 3600) * 1000;
      attempt++;
      enter('waiting', { retryIn, error });
      if (ended) return;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, retryIn);
        wake = () => { clearTimeout(timer); resolve(); };
      });
      if (ended) return;
    }
  };

  signal?.addEventListener('abort', close);
  if (signal?.aborted) queueMicrotask(close);
  else run();
  return { close, get state() { return state; } };
}

/**
 * A parser of Server-Sent Events: takes text in pieces of any length, until
 * stopped() is true, and throws at an event that is too long.
 */
function parser(deliver, setDelay) {
  let rest = '';
  let afterCR = false;
  let type, data, size, id;
  const begin = () => { [type, data, size, id] = ['message', [], 0, undefined]; };
  begin();
  const line = (text) => {
    if (text === '') {
      if (data.length || id) deliver(data.length ? type : '', data.join('\n'), id);
      return begin();
    }
    const [, name, value] = /^([^:]*)(?::[ ]?)?([^]*)$/.exec(text);
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) setDelay(Number(value));
    size += text.length;
  };
  return (text, stopped) => {
    if (text === '') return;
    const more = afterCR && text[0] === '\n' ? text.slice(1) : text;
    afterCR = text.endsWith('\r');
    const lines = (rest + more).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const one of lines) {
      if (stopped()) return;
      line(one);
    }
    if (size > LARGEST || rest.length > LARGEST) throw new ActionLogError('An event is too long');
  };
}
