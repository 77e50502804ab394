/**
 * The client of an action log's HTTP API, for browsers and Node 20 or later.
 *
 *     import { getRecentActions, stream } from '/action-logs/client.js';
 *     const actions = await getRecentActions(10);
 *     const live = stream({ status: 'failed' }, (action) => console.log(action.error));
 *
 * These functions ask the server that this module was loaded from; for another
 * one, or with a token, there is connect(). Each returns a promise of what the
 * answer holds, and takes an object with an AbortSignal, {signal}, as its last
 * argument. It rejects with an ActionLogError; after an abort, with the
 * signal's reason. Types and all details are in client.d.ts. What comes from
 * the server is data: show it by textContent, never as HTML.
 */

const SILENCE = 45_000; // ms without a byte after which a connection is dead; the server says something every 15 s
const SHORTEST = 500; // ms between two attempts to connect
const LONGEST = 30_000;
const STEADY = 5_000; // ms after which a connection counts as a success
const REMEMBERED = 20_000; // ids of which none is delivered again
const LARGEST = 1 << 20; // characters of an event

/** Why a call failed: status is that of the answer, 0 if there was none. */
export class ActionLogError extends Error {
  constructor(detail, { status = 0, retryAfter, cause } = {}) {
    super(detail, { cause });
    this.name = 'ActionLogError';
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter; // seconds, if the server told
  }
}

/** A client of the API below base, with a token if the server wants one. */
export function connect({ base, token, fetch } = {}) {
  let root;
  const address = (path, query) => {
    if (!root) {
      root = new URL(base ?? '.', base === undefined ? import.meta.url : globalThis.document?.baseURI);
      root.search = root.hash = '';
      if (!root.pathname.endsWith('/')) root.pathname += '/';
    }
    const url = new URL(path, root);
    const fields = query instanceof URLSearchParams ? query : Object.entries(query ?? {});
    for (const [name, value] of fields) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one === undefined || one === null) continue;
        url.searchParams.append(name, one instanceof Date ? one.toISOString() : one);
      }
    }
    return url.href;
  };

  const send = async (path, { query, accept = 'application/json', body, ...init } = {}) => {
    init.headers = { Accept: accept };
    if (token) init.headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) {
      init.headers['Content-Type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await (fetch ?? globalThis.fetch)(address(path, query), { cache: 'no-store', ...init });
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ActionLogError(`The server cannot be reached: ${cause.cause?.message || cause.message}`, { cause });
    }
    if (!response.ok) throw await refused(response);
    return response;
  };

  const ask = async (path, init) => {
    const response = await send(path, init);
    try {
      const text = await response.text();
      return text ? JSON.parse(text) : {};
    } catch (cause) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new ActionLogError(`The answer is not whole: ${cause.message}`, { status: response.status, cause });
    }
  };
  const get = (path, query, options) => ask(path, { query, signal: options?.signal });
  const post = (path, body, options) => ask(path, { method: 'POST', body, signal: options?.signal });

  return {
    getRecentActions: async (limit, options) => (await get('recent', { limit }, options)).actions,
    getFailedActions: async (limit, options) => (await get('failed', { limit }, options)).actions,
    getActionsByService: async (name, limit, options) => {
      if (name === '.' || name === '..') { // which no URL can hold as a segment
        return (await get('search', { service: name, limit }, options)).actions;
      }
      return (await get(`service/${encodeURIComponent(name)}`, { limit }, options)).actions;
    },
    getActionStats: async (options) => (await get('stats', {}, options)).stats,
    clearActionLogs: async (options) => (await post('clear', undefined, options)).message,
    search: (query, options) => get('search', query, options),
    slow: async (limit, options) => (await get('slow', { limit }, options)).actions,
    active: async (options) => (await get('active', {}, options)).active,
    errors: async (query, options) => (await get('errors', query, options)).errors,
    timeseries: (query, options) => get('timeseries', query, options),
    exportURL: (query, format) => address('export', { ...fieldsOf(query), format }),
    record: async (actions, options) => (await post('', actions, options)).recorded,
    login: async (secret, options) => { await post('login', { token: secret }, options); },
    logout: async (options) => { await post('logout', undefined, options); },
    stream: (query, onAction, options) => follow(send, query, onAction, options),
  };
}

export const {
  getRecentActions, getFailedActions, getActionsByService, getActionStats, clearActionLogs,
  search, slow, active, errors, timeseries, exportURL, record, login, logout, stream,
} = connect();

function fieldsOf(query) {
  if (!(query instanceof URLSearchParams)) return query;
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
}

async function refused(response) {
  let detail;
  try {
    ({ detail } = JSON.parse(await response.text()));
  } catch {
    // Not an answer of the API, but of something before it.
  }
  if (typeof detail !== 'string') detail = `The server answered ${response.status} ${response.statusText}`.trim();
  return new ActionLogError(detail, { status: response.status, retryAfter: secondsUntil(response.headers.get('Retry-After')) });
}

function secondsUntil(text) {
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** Calls back; what the callback throws is reported, and is not our end. */
function tell(callback, ...values) {
  const report = (error) => (globalThis.reportError ?? console.error)(error);
  try {
    const result = callback?.(...values);
    if (typeof result?.then === 'function') result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

/** Follows the stream until it is closed, through as many connections as it takes. */
function follow(send, query, onAction, { onMissed, onState, after, last, signal } = {}) {
  const seen = new Set();
  let state = 'connecting';
  let ended = false;
  let connection = new AbortController();
  let wake = () => {};
  let attempt = 0; // failures in a row
  let firstDelay = 2 * SHORTEST; // ms, which the server may set
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
    tell(onState, { state: next, attempt, ...more });
  };
  function close() {
    enter('closed');
  }

  const miss = (n) => {
    if (Number.isSafeInteger(n) && n > 0) tell(onMissed, n);
  };
  const deliver = ({ type, data, id }) => {
    if (type === 'missed' || type === 'action') {
      let value;
      try {
        value = JSON.parse(data);
      } catch {
        value = { missed: 1 }; // an action that cannot be read
        type = 'missed';
      }
      if (type === 'missed') {
        miss(value.missed);
      } else {
        const key = value.id ?? id;
        if (!seen.has(key)) {
          if (key) seen.add(key);
          if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
          tell(onAction, value);
        }
      }
    }
    if (id) after = id;
  };

  /** Reads one connection to its end, which is always an error. */
  const read = async () => {
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => connection.abort(new ActionLogError('The server has been silent for too long')), SILENCE);
    };
    alive();
    try {
      const fields = after ? { after } : { last };
      const response = await send('stream', {
        query: { ...fieldsOf(query), ...fields }, accept: 'text/event-stream', signal: connection.signal,
      });
      if (!/^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '')) {
        throw new ActionLogError('The answer is not a stream of events', { status: response.status });
      }
      opened = true;
      enter('open');
      const since = Date.now();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parse = events(deliver, (ms) => { firstDelay = Math.min(Math.max(ms, SHORTEST), LONGEST); });
      for (;;) {
        const { done, value } = await reader.read();
        if (ended) return;
        if (done) throw new ActionLogError('The server ended the stream');
        alive();
        if (attempt && Date.now() - since >= STEADY) attempt = 0;
        if (!parse(decoder.decode(value, { stream: true }), () => ended)) throw new ActionLogError('An event is too long');
      }
    } finally {
      clearTimeout(timer);
      connection.abort();
    }
  };

  const run = async () => {
    await null; // so that nothing is called before stream has returned
    while (!ended) {
      enter('connecting');
      if (ended) return;
      connection = new AbortController();
      let error;
      try {
        await read();
      } catch (cause) {
        error = cause instanceof ActionLogError ? cause : new ActionLogError(`The connection broke: ${cause?.message}`, { cause });
      }
      if (ended) return;
      const { status } = error;
      if (status === 401 || status === 403) return enter('denied', { error });
      if (status >= 400 && status < 500 && ![408, 425, 429].includes(status) && !(status === 404 && opened)) {
        return enter('closed', { error }); // asking again would not help
      }
      const most = Math.min(LONGEST, firstDelay * 2 ** Math.min(attempt, 10));
      let retryIn = Math.max(SHORTEST, Math.round(most * (0.5 + Math.random() / 2)));
      if (error.retryAfter) retryIn += Math.min(error.retryAfter, 3600) * 1000;
      attempt++;
      enter('waiting', { retryIn, error });
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, retryIn);
        wake = () => { clearTimeout(timer); resolve(); };
        if (ended) wake();
      });
    }
  };

  if (signal?.aborted) {
    queueMicrotask(close);
  } else {
    signal?.addEventListener('abort', close);
    run();
  }
  return { close, get state() { return state; } };
}

/**
 * A parser of Server-Sent Events. It takes text in pieces of any length and
 * returns false once an event is longer than it may be.
 */
function events(deliver, setDelay) {
  let rest = '';
  let afterCR = false;
  let type = '';
  let data = [];
  let length = 0;
  let id;
  const line = (text) => {
    if (text === '') {
      if (data.length || id !== undefined) deliver({ type: data.length ? type || 'message' : '', data: data.join('\n'), id });
      [type, data, length, id] = ['', [], 0, undefined];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      data.push(value);
      length += value.length + 1;
    } else if (name === 'event') {
      type = value;
    } else if (name === 'id' && !value.includes('\0')) {
      id = value;
    } else if (name === 'retry' && /^\d+$/.test(value)) {
      setDelay(Number(value));
    }
  };
  return (text, stopped) => {
    if (text === '') return true;
    if (afterCR && text[0] === '\n') text = text.slice(1);
    afterCR = text.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const one of lines) {
      if (stopped()) return true;
      line(one);
      if (length > LARGEST) return false;
    }
    return rest.length <= LARGEST;
  };
}
