import { fields, quote, tokens } from './filter.js';

const values = {
  status: ['failed', 'success'],
  code: ['5xx', '4xx', '2xx', '500', '503', '404', '429'],
  from: ['5m', '15m', '1h', '6h', '24h', '7d'],
  to: ['5m', '15m', '1h'],
  min_duration: ['10ms', '100ms', '500ms', '1s', '10s'],
  max_duration: ['10ms', '100ms', '1s'],
  sort: ['-duration', '-timestamp', 'duration', 'timestamp'],
};

const most = 9;

// complete proposes what could stand where the caret is. known has the names of
// services and, by service, of actions. It returns the range of the text that a
// proposal replaces, and the proposals as {text, hint}.
export function complete(text, caret, known) {
  const at = tokens(text).find((t) => t.start < caret && caret <= t.end);
  const start = at ? at.start : caret;
  const end = at ? at.end : caret;
  const typed = text.slice(start, caret);
  const [, field, rest] = /^(?:([a-z_]+):)?(.*)$/s.exec(typed);
  if (field && Object.hasOwn(fields, field)) {
    const prefix = rest.replace(/^"/, '').toLowerCase();
    const items = candidates(field, known, text)
      .filter((value) => value.toLowerCase().includes(prefix))
      .sort((a, b) => b.toLowerCase().startsWith(prefix) - a.toLowerCase().startsWith(prefix));
    return { start, end, items: items.slice(0, most).map((v) => ({ text: `${field}:${quote(v)} `, hint: '' })) };
  }
  const word = typed.toLowerCase();
  const items = Object.keys(fields)
    .filter((name) => name.startsWith(word) && name !== 'q')
    .map((name) => ({ text: `${name}:`, hint: fields[name] }));
  if (word.length > 1) {
    for (const name of ['service', 'action']) {
      for (const value of candidates(name, known, '')) {
        if (value.toLowerCase().includes(word)) items.push({ text: `${name}:${quote(value)} `, hint: '' });
      }
    }
  }
  return { start, end, items: items.slice(0, most + 5) };
}

function candidates(field, known, text) {
  if (field === 'service') return Object.keys(known).sort();
  if (field !== 'action') return values[field] ?? [];
  const chosen = tokens(text).filter((t) => t.field === 'service' && Object.hasOwn(known, t.value));
  const services = chosen.length ? chosen.map((t) => t.value) : Object.keys(known);
  return [...new Set(services.flatMap((name) => known[name]))].sort();
}
