// A filter is written as text (status:failed min_duration:100ms some text), is
// an object with the query's field names where the client takes it, and is
// parameters of those names in the URL.

// fields are what a filter may name, and what completion says of each.
export const fields = {
  service: 'which service; several mean any of them',
  action: 'which action; several mean any of them',
  status: 'success or failed',
  min_duration: 'at least as long, e.g. 100ms',
  max_duration: 'at most as long, e.g. 2s',
  code: 'HTTP status, e.g. 404 or 5xx',
  from: 'since then: 15m, 7d, a date or a moment',
  to: 'until then, exclusive',
  q: 'text in error, action, service, route or request id',
  request_id: 'equal',
  trace_id: 'equal',
  id: 'one action',
  instance: 'which process or host',
  sort: '-timestamp, timestamp, -duration or duration',
};

export const repeatable = (name) => name === 'service' || name === 'action';

// tokens splits a text into {start, end, field, value}; field is '' for plain
// text. A value in double quotes may hold spaces, and \" and \\.
export function tokens(text) {
  const out = [];
  const pattern = /(?:([a-z_]+):)?(?:"((?:\\.|[^"\\])*)(?:"|$)|([^\s]*))/gy;
  for (let i = 0; i < text.length; ) {
    if (/\s/.test(text[i])) {
      i++;
      continue;
    }
    pattern.lastIndex = i;
    let [all, field = '', quoted, bare] = pattern.exec(text);
    if (field && !Object.hasOwn(fields, field)) {
      // It is text that has a colon.
      all = /^\S*/.exec(text.slice(i))[0];
      [field, quoted, bare] = ['', undefined, all];
    }
    const value = quoted === undefined ? bare : quoted.replace(/\\(.)/gs, '$1');
    out.push({ start: i, end: i + all.length, field, value, quoted: quoted !== undefined });
    i += Math.max(1, all.length);
  }
  return out;
}

// parse reads a filter from text.
export function parse(text) {
  const query = {};
  const words = [];
  for (const { field, value } of tokens(text)) {
    if (value === '') continue;
    if (field === '' || field === 'q') words.push(value);
    else add(query, field, value);
  }
  if (words.length) query.q = words.join(' ');
  return query;
}

function add(query, field, value) {
  if (!repeatable(field)) query[field] = value;
  else if (!query[field]?.includes(value)) (query[field] ??= []).push(value);
}

// quote writes a value so that tokens reads it back.
export function quote(value) {
  return /^"|\s/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

// format writes a filter as text that parse reads back.
export function format(query) {
  const out = [];
  for (const field of Object.keys(fields)) {
    if (field === 'q') continue;
    for (const value of [query[field] ?? []].flat()) out.push(`${field}:${quote(value)}`);
  }
  if (query.q) out.push(plain(query.q) ? query.q : `"${query.q.replace(/["\\]/g, '\\$&')}"`);
  return out.join(' ');
}

// plain reports whether a text means itself without quotation marks.
function plain(text) {
  const words = tokens(text);
  return words.every((w) => !w.field && !w.quoted) && words.map((w) => w.value).join(' ') === text;
}

// fromParams reads a filter from URL parameters, and drops what it doesn't know.
export function fromParams(params) {
  const query = {};
  for (const [name, value] of params) if (Object.hasOwn(fields, name) && value !== '') add(query, name, value);
  return query;
}

// toParams writes a filter as URL parameters.
export function toParams(query) {
  const params = new URLSearchParams();
  for (const field of Object.keys(fields)) for (const value of [query[field] ?? []].flat()) params.append(field, value);
  return params;
}

// without returns a copy of a filter that lacks some fields.
export function without(query, ...names) {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)));
}

// live reports whether new actions belong on top of what a filter lists.
export function live(query) {
  return !query.to && !query.id && (!query.sort || query.sort === '-timestamp');
}
