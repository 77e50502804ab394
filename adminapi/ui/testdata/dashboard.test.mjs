// Tests of the dashboard's modules that need no page. MODULES is the folder
// that they are in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const load = (name) => import(pathToFileURL(`${process.env.MODULES}/${name}.js`));
const { complete } = await load('complete');
const { curlOf, shellQuote } = await load('curl');
const { fields, format, fromParams, live, parse, toParams, tokens } = await load('filter');
const { age, count, millis, moment, parseDuration, parseMoment, percent, short, utc } = await load('format');
const { literal } = await load('template');
const { outcomeOf, labelOf, aboutOf } = await load('outcome');
const { Rows } = await load('rows');
const { barScale, niceMax, powers, timeTicks } = await load('scale');
const { failingSince } = await load('since');

test('filters are read', () => {
  for (const [text, want] of [
    ['', {}],
    ['  ', {}],
    ['service:CaseService status:failed min_duration:100ms some text', { service: ['CaseService'], status: 'failed', min_duration: '100ms', q: 'some text' }],
    ['action:"POST /cases/{id}"', { action: ['POST /cases/{id}'] }],
    ['service:a service:b service:a', { service: ['a', 'b'] }],
    ['status:failed status:success', { status: 'success' }],
    ['unknown:thing http://x', { q: 'unknown:thing http://x' }],
    ['toString:x __proto__:y constructor:z', { q: 'toString:x __proto__:y constructor:z' }],
    ['"service:x"', { q: 'service:x' }],
    [String.raw`q:"a \"b\" \\ c"`, { q: String.raw`a "b" \ c` }],
    ['service:"not closed', { service: ['not closed'] }],
    ['service:', {}],
    ['a "b  c" d', { q: 'a b  c d' }],
  ]) assert.deepEqual(parse(text), want, text);
});

test('what is written is read back', () => {
  for (const query of [
    { q: 'service:x' }, { q: 'a  b' }, { q: '"' }, { q: '\\' }, { q: ' a ' }, { q: 'a "b" c' }, { q: 'x\ty' }, { q: ':' }, { q: '"a' },
    { service: ['a b', '"c"', 'd\\e', 'f:g'], action: ['GET /a/{b}'], q: 'é' },
    { from: '2025-11-13T12:00:00Z', to: '15m', code: '5xx', sort: '-duration', id: 'x', request_id: '"', trace_id: 'a', instance: 'b c' },
  ]) {
    assert.deepEqual(parse(format(query)), query, format(query));
    assert.deepEqual(fromParams(toParams(query)), query);
  }
  assert.deepEqual(fromParams(new URLSearchParams('open=x&status=&service=a&other=1')), { service: ['a'] });
});

test('any text is split to its end', () => {
  let seed = 1;
  const next = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: next(14) }, () => ['a', ':', '"', '\\', ' ', 'q', 'status', 'service:', '\n', 'é'][next(10)]).join('');
    let end = 0;
    for (const t of tokens(text)) {
      assert.ok(t.start >= end && t.end > t.start && t.end <= text.length, JSON.stringify(text));
      end = t.end;
    }
    const query = parse(text);
    assert.deepEqual(parse(format(query)), query, JSON.stringify(text));
  }
});

test('a list is live unless it is of the past, or sorted', () => {
  for (const [query, want] of [[{}, true], [{ status: 'failed', from: '1h' }, true], [{ to: '5m' }, false], [{ sort: '-duration' }, false], [{ sort: '-timestamp' }, true], [{ id: 'x' }, false]]) {
    assert.equal(live(query), want, JSON.stringify(query));
  }
});

test('completion proposes fields, values and names', () => {
  const known = { 'Chat Service': ['send'], CaseService: ['getCase', 'createCase'] };
  const of = (text, caret = text.length) => complete(text, caret, known).items.map((i) => i.text);
  assert.deepEqual(of('stat'), ['status:']);
  assert.deepEqual(of('status:f'), ['status:failed ']);
  assert.deepEqual(of('service:chat'), ['service:"Chat Service" ']);
  assert.deepEqual(of('service:CaseService action:'), ['action:createCase ', 'action:getCase ']);
  assert.deepEqual(of('getc'), ['action:getCase ']);
  assert.ok(of('').length > 10);
  assert.deepEqual(of('nothing:x'), []);
  assert.deepEqual(complete('a stat b', 6, known), { start: 2, end: 6, items: [{ text: 'status:', hint: fields.status }] });
});

test('numbers, durations and ages are short', () => {
  for (const [f, cases] of [
    [count, [[0, '0'], [999, '999'], [12345, '12\u202f345'], [1234567, '1\u202f234\u202f567']]],
    [short, [[0, '0'], [1.26, '1.3'], [99.6, '100'], [999.6, '1.0k'], [1234, '1.2k'], [35e6, '35M']]],
    [percent, [[0, '0 %'], [NaN, '0 %'], [0.00001, '<0.1 %'], [0.015, '1.5 %'], [0.02, '2 %'], [0.5, '50 %'], [0.99999, '99.9 %'], [1, '100 %']]],
    [millis, [[0, '0 ms'], [0.0000005, '1 ns'], [0.0005, '500 ns'], [0.0123, '12 µs'], [1.5, '1.5 ms'], [9.999, '10 ms'], [250, '250 ms'], [999.9, '1 s'], [1250, '1.25 s'], [59999, '60 s'], [61000, '1 min 1 s']]],
    [age, [[-5, '0 s'], [59e3, '59 s'], [61e3, '1 min 1 s'], [3599e3, '59 min'], [2 * 36e5 + 6e4, '2 h 1 min'], [50 * 36e5, '2 d 2 h']]],
  ]) for (const [n, want] of cases) assert.equal(f(n), want, `${f.name}(${n})`);
});

test('moments are read and written', () => {
  const now = Date.parse('2025-11-13T12:00:00Z');
  for (const [text, want] of [['15m', now - 9e5], ['1h30m', now - 54e5], ['7d', now - 7 * 864e5], ['2025-11-01', Date.parse('2025-11-01T00:00:00Z')], ['2025-11-13T11:00:00.5+01:00', Date.parse('2025-11-13T10:00:00.5Z')], ['soon', NaN], ['', NaN], ['-5m', NaN]]) {
    assert.equal(parseMoment(text, now), want, text);
  }
  assert.equal(parseDuration('1m0s'), 6e4);
  assert.equal(utc('2025-11-13T12:00:00.25Z'), '2025-11-13 12:00:00.250 UTC');
  assert.equal(utc('nonsense'), '');
  assert.equal(moment(now - 864e5, now).length, '2025-11-12 12:00:00'.length);
});

test('outcomes', () => {
  const panic = { status: 'failed', error: 'x', http: { code: 500, outcome: 'panic', method: 'GET', path: '/' }, action: 'a' };
  assert.deepEqual([outcomeOf(panic), labelOf(panic), aboutOf(panic)], ['panic', 'failed, panic, 500', 'x']);
  assert.equal(outcomeOf({ status: 'success', http: { outcome: 'aborted' } }), 'success');
  assert.equal(outcomeOf({ status: 'success', http: { outcome: 'streamed' } }), 'streamed');
  assert.equal(aboutOf({ status: 'success', action: 'GET /', http: { method: 'GET', path: '/' } }), '');
  assert.equal(literal('render case <n>: no section "<s>"'), ': no section');
  assert.equal(literal('<n>'), '');
});

test('commands are quoted for the shell', () => {
  assert.equal(shellQuote("it's"), `'it'\\''s'`);
  assert.equal(curlOf("a'b&c", 'http://h/action-logs/'), "curl 'http://h/action-logs/search?id=a%27b%26c'");
});

const made = (from, n) => Array.from({ length: n }, (_, i) => ({ id: from + i }));
const shown = (rows) => Array.from({ length: rows.length }, (_, i) => rows.at(i).id);

test('rows are newest first, bounded, and keep their keys', () => {
  const rows = new Rows({ tail: 100, most: 300 });
  rows.reset(made(0, 5).reverse());
  assert.deepEqual(shown(rows), [4, 3, 2, 1, 0]);
  const key = rows.keyAt(1);
  rows.push(made(5, 3));
  assert.equal(rows.at(rows.indexOf(key)).id, 3);
  rows.pushOlder(made(-4, 4).reverse());
  assert.deepEqual([rows.at(rows.length - 1).id, rows.indexOf(key), rows.at(rows.indexOf(key)).id], [-4, 4, 3]);
  for (let i = 8; i < 2000; i += 10) rows.push(made(i, 10));
  assert.ok(rows.length >= 100 && rows.length <= 135, `${rows.length} rows`);
  assert.equal(rows.indexOf(key), -1);
  assert.deepEqual(shown(rows).slice(0, 2), [2007 - 0, 2006]);
  assert.equal(rows.pushOlder(made(-1000, 1000).reverse()), false);
  assert.equal(rows.length, 300);
});

test('held rows stay as they are', () => {
  const rows = new Rows({ tail: 100, most: 300 });
  rows.reset(made(0, 50).reverse());
  rows.hold();
  rows.push(made(50, 60));
  assert.deepEqual([rows.length, rows.waiting, rows.at(0).id], [50, 60, 49]);
  assert.equal(rows.release(), true);
  assert.deepEqual([rows.length, rows.waiting, rows.at(0).id], [110, 0, 109]);
  rows.hold();
  rows.push(made(110, 90));
  rows.push(made(200, 20));
  rows.push(made(220, 1)); // would fit, but for the hole before it
  assert.deepEqual([rows.length, rows.waiting], [110, 111]);
  assert.equal(rows.release(), false);
});

test('scales', () => {
  assert.deepEqual([barScale(0), barScale(0.1), barScale(60e3), barScale(1e9)], [0, 0, 1, 1]);
  assert.ok(barScale(10) > barScale(1));
  assert.deepEqual([0, 1, 7, 11, 250, 999].map(niceMax), [1, 1, 8, 20, 300, 1000]);
  assert.deepEqual(powers(0.5, 200), [1, 10, 100]);
  for (const span of [1e3, 6e4, 9e5, 36e5, 864e5, 40 * 864e5, 4000 * 864e5]) {
    const { ticks, step } = timeTicks(1e12, 1e12 + span, 5);
    assert.ok(ticks.length <= 6 && ticks.every((t) => t >= 1e12 && t <= 1e12 + span) && step > 0, `${span}: ${ticks.length}`);
  }
});

// series makes points a minute apart, each [total, failed], that end now.
const minute = 6e4;
const now = Date.parse('2025-11-13T12:00:00Z');
const series = (...counts) => counts.map(([total, failed], i) => ({ time: new Date(now - (counts.length - i) * minute).toISOString(), total, failed }));
const ago = (n) => now - n * minute;

test('since when something fails', () => {
  const well = [100, 0];
  for (const [what, points, want] of [
    ['nothing', [], null],
    ['all is well', series(well, well), null],
    ['it begins', series(well, well, well, [100, 30], [100, 40]), { since: ago(2), ongoing: true, open: false }],
    ['it fails since before', series([100, 30], [100, 30], [100, 20]), { since: ago(3), ongoing: true, open: true }],
    ['a gap that chance allows', series([1000, 0], [10, 1], [10, 0], [10, 1], [10, 0]), { since: ago(4), ongoing: true, open: false }],
    ['a gap that it does not', series([100, 50], well, well, [100, 50]), { since: ago(1), ongoing: true, open: false }],
    ['it is over', series([100, 50], [100, 50], well, well), { since: ago(4), ongoing: false, open: true }],
    ['seldom, and always', series([1, 1], [0, 0], [0, 0], [0, 0], [1, 1], [0, 0]), { since: ago(6), ongoing: true, open: true }],
    ['long ago, and nothing since', series([1, 1], ...Array(20).fill([0, 0])), { since: ago(21), ongoing: false, open: true }],
  ]) {
    const got = failingSince(points, minute, now);
    assert.deepEqual(got && { since: got.since, ongoing: got.ongoing, open: got.open }, want, what);
  }
});
