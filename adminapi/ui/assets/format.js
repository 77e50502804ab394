// count writes a whole number with thin groups: 12 345.
export function count(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

// short writes a number in at most four characters or so: 1.2k, 35M.
export function short(n) {
  if (n < 10) return String(Math.round(n * 10) / 10);
  if (n < 999.5) return String(Math.round(n));
  const units = ['k', 'M', 'G', 'T'];
  let i = -1;
  do {
    n /= 1e3;
    i++;
  } while (n >= 999.5 && i < units.length - 1);
  return (n < 9.95 ? n.toFixed(1) : Math.round(n)) + units[i];
}

// percent writes a share from 0 to 1. What is not nothing never reads 0 %, and
// what is not all never 100 %.
export function percent(share) {
  const p = share * 100;
  if (!(p > 0)) return '0 %';
  if (p < 0.1) return '<0.1 %';
  if (p >= 99.95 && p < 100) return '99.9 %';
  return (p < 9.95 ? p.toFixed(1).replace('.0', '') : Math.round(p > 99 && p < 100 ? 99 : p)) + ' %';
}

// millis writes a duration given in milliseconds.
export function millis(ms) {
  if (!(ms > 0)) return '0 ms';
  if (ms < 0.001) return Math.max(1, Math.round(ms * 1e6)) + ' ns';
  if (ms < 0.9995) return Math.round(ms * 1e3) + ' µs';
  if (ms < 9.995) return trim(ms.toFixed(2)) + ' ms';
  if (ms < 99.95) return trim(ms.toFixed(1)) + ' ms';
  if (ms < 999.5) return Math.round(ms) + ' ms';
  if (ms < 9995) return trim((ms / 1e3).toFixed(2)) + ' s';
  if (ms < 6e4) return trim((ms / 1e3).toFixed(1)) + ' s';
  return age(ms);
}

const trim = (s) => s.replace(/\.?0+$/, '');

// age writes how long something has lasted, in at most two units.
export function age(ms) {
  const s = Math.max(0, Math.round(ms / 1e3));
  if (s < 60) return s + ' s';
  if (s < 3600) return two(s, 60, 'min', 1, 's', s < 600);
  if (s < 86400) return two(s, 3600, 'h', 60, 'min', true);
  return two(s, 86400, 'd', 3600, 'h', s < 10 * 86400);
}

function two(s, big, bigName, small, smallName, both) {
  const a = Math.floor(s / big);
  const b = Math.floor((s % big) / small);
  return `${a} ${bigName}` + (both && b > 0 ? ` ${b} ${smallName}` : '');
}

const pad = (n, width = 2) => String(n).padStart(width, '0');

// clock writes the time of day in the viewer's zone.
export function clock(t, fraction = false) {
  const d = new Date(t);
  const s = `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
  return fraction ? `${s}.${pad(d.getMilliseconds(), 3)}` : s;
}

// day writes the date in the viewer's zone.
export function day(t) {
  const d = new Date(t);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

// moment writes the time, and the date before it where that is not today's.
export function moment(t, now, fraction = false) {
  return (day(t) === day(now) ? '' : day(t) + ' ') + clock(t, fraction);
}

// utc writes a moment in UTC, as one hovers over it to see.
export function utc(t) {
  const d = new Date(t);
  return Number.isNaN(d.getTime()) ? '' : d.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

// parseDuration reads a Go duration, or whole days, as milliseconds; NaN for
// anything else.
export function parseDuration(text) {
  const units = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };
  const days = /^(\d+)d$/.exec(text);
  if (days) return days[1] * 864e5;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return NaN;
  let sum = 0;
  for (const [, n, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) sum += n * units[unit];
  return sum;
}

// parseMoment reads what from and to of a query may be, as milliseconds since
// 1970; NaN for anything else.
export function parseMoment(text, now) {
  const ago = parseDuration(text);
  if (!Number.isNaN(ago)) return now - ago;
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(text + 'T00:00:00Z');
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/i.test(text) ? Date.parse(text) : NaN;
}
