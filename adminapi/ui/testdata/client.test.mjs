// What the client asks of the real API. The Go test beside it starts the
// servers and names them in the environment.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { CLIENT, CONTROL, GUARDED, INGEST_TOKEN, STRICT, TOKEN, TYPES, URL: BASE } = process.env;
const client = await import(pathToFileURL(CLIENT).href);
const { ActionLogError, connect } = client;
const api = connect({ base: BASE });

const control = async (what) => {
  const response = await fetch(`${CONTROL}/${what}`, { method: 'POST' });
  assert.equal(response.status, 200);
};

const names = (actions) => actions.map(({ action }) => action);

/** Serves what answer does for the time of a test. */
async function serve(t, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  return `http://127.0.0.1:${server.address().port}/`;
}

before(async () => {
  await control('record?service=CaseService&n=15');
  await control(`record?service=${encodeURIComponent('a/b?c%2F<d>&é')}&n=10`); // 16 to 25
  await control('record?service=..&n=1');
});

test('the types declare what there is', async () => {
  const types = await readFile(TYPES, 'utf8');
  const declared = [...types.matchAll(/^export declare (?:function|class) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(client).sort());
  const bound = [...types.matchAll(/^ {2}(\w+): typeof \1;$/gm)].map(([, name]) => name);
  assert.deepEqual(bound.sort(), Object.keys(connect()).sort());
  assert.deepEqual([...bound, 'ActionLogError', 'connect'].sort(), declared.sort());
});

test('lists', async () => {
  assert.deepEqual(names(await api.getRecentActions(3)), ['count 26', 'count 25', 'count 24']);
  assert.equal((await api.getRecentActions()).length, 26);
  const [failed, ...others] = await api.getFailedActions();
  assert.deepEqual([failed.action, failed.status, failed.error, names(others)], ['count 20', 'failed', 'no place for 20', ['count 10']]);
  assert.deepEqual(names(await api.getFailedActions(1)), ['count 20']);
  assert.equal((await api.getActionsByService('CaseService')).length, 15);
  assert.deepEqual(names(await api.getActionsByService('a/b?c%2F<d>&é', 1)), ['count 25']);
  assert.deepEqual(names(await api.getActionsByService('..', 5)), ['count 26']);
  assert.deepEqual(await api.getActionsByService('Nobody'), []);
  assert.deepEqual(names(await api.slow(2)), ['count 26', 'count 25']);
});

test('search', async () => {
  const found = [];
  const query = { service: ['CaseService', 'a/b?c%2F<d>&é'], sort: '-duration', limit: 10, min_duration: '2ms', status: undefined, cursor: null };
  for (let pages = 1; ; pages++) {
    const { actions, next } = await api.search(query);
    found.push(...names(actions));
    query.cursor = next;
    if (next === undefined) {
      assert.equal(pages, 3);
      break;
    }
  }
  assert.deepEqual(found, Array.from({ length: 24 }, (_, i) => `count ${25 - i}`));
  const { actions } = await api.search(new URLSearchParams('service=..&service=CaseService&limit=2'));
  assert.deepEqual(names(actions), ['count 26', 'count 15']);
  assert.deepEqual((await api.search({ to: new Date(0) })).actions, []);
  assert.equal((await api.search({ from: new Date(Date.now() - 3600e3), q: 'NO PLACE', limit: 5 })).actions.length, 2);
  assert.equal((await api.search()).actions.length, 26);
});

test('stats', async () => {
  const stats = await api.getActionStats();
  assert.deepEqual([stats.total, stats.failed, stats.byService['..']], [26, 2, 1]);
  assert.equal(stats.services.CaseService.actions['count 15'].total, 1);
  assert.ok(stats.services.CaseService.max === 15);
});

test('active', async () => {
  assert.deepEqual(await api.active(), []);
  await control('begin');
  const [one, ...others] = await api.active();
  assert.deepEqual([one.service, one.action, one.http.path, others], ['Waiting', 'GET /wait', '/wait', []]);
  assert.ok(one.ageNs >= 0 && Date.parse(one.began) <= Date.now());
});

test('errors', async () => {
  const [group, ...others] = await api.errors({ service: ['CaseService', 'a/b?c%2F<d>&é'] });
  assert.deepEqual([group.count, group.services.length, others], [2, 2, []]);
  assert.deepEqual(names((await api.search({ id: group.example })).actions), ['count 20']);
  assert.deepEqual(await api.errors({ service: 'Nobody', limit: 1 }), []);
});

test('timeseries', async () => {
  const { step, bounds, points } = await api.timeseries({ step: '1h', from: '1d' });
  assert.equal(bounds.length, 21);
  assert.match(step, /^1h|60m/);
  assert.equal(points.reduce((sum, { total }) => sum + total, 0), 26);
  assert.ok(points.at(-1).p99 > 0);
  assert.deepEqual((await api.timeseries({ service: 'Nobody' })).points, []);
});

test('export', async () => {
  const url = api.exportURL({ service: ['CaseService', '..'], q: 'a&b=c' }, 'csv');
  assert.equal(url, `${BASE}export?service=CaseService&service=..&q=a%26b%3Dc&format=csv`);
  const lines = (await (await fetch(api.exportURL({ status: 'failed' }))).text()).trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => JSON.parse(line).action), ['count 10', 'count 20']);
  assert.equal(api.exportURL(new URLSearchParams('a=1&b=2&a=3'), 'json'), `${BASE}export?a=1&a=3&b=2&format=json`);
});

test('record', async () => {
  const one = { timestamp: new Date().toISOString(), service: 'Page', action: 'load', status: 'success', duration: 3 };
  assert.equal(await api.record(one), 1);
  assert.equal(await api.record([{ ...one, action: '<b>é</b>' }, { ...one, id: 'mine' }]), 2);
  const [last, before] = await api.getActionsByService('Page', 2);
  assert.deepEqual([last.attrs.recordId, before.action], ['mine', '<b>é</b>']);
  await assert.rejects(api.record([one, { ...one, service: '' }]), (error) => {
    assert.ok(error instanceof ActionLogError);
    assert.match(error.detail, /index 1/);
    return error.status === 400;
  });
  assert.equal((await api.getActionsByService('Page')).length, 3);
});

test('a token', async () => {
  const stranger = connect({ base: GUARDED });
  await assert.rejects(stranger.getActionStats(), { name: 'ActionLogError', status: 401 });
  await assert.rejects(connect({ base: GUARDED, token: 'wrong' }).getActionStats(), { status: 401 });
  assert.equal((await connect({ base: GUARDED, token: TOKEN }).getActionStats()).total, 0);
  const one = { timestamp: new Date().toISOString(), service: 'Page', action: 'load', status: 'success', duration: 3 };
  assert.equal(await connect({ base: GUARDED, token: INGEST_TOKEN }).record(one), 1);
});

test('logging in', async () => {
  let cookie = '';
  const keeping = async (url, init) => { // as a browser keeps cookies
    const response = await fetch(url, { ...init, headers: { ...init.headers, Cookie: cookie } });
    const given = response.headers.get('Set-Cookie');
    if (given) [cookie] = given.split(';');
    return response;
  };
  const page = connect({ base: GUARDED, fetch: keeping });
  await assert.rejects(page.login('wrong'), { status: 401 });
  assert.equal(await page.login(TOKEN), undefined);
  assert.equal((await page.getActionStats()).failed, 0);
  assert.equal(await page.logout(), undefined);
  await assert.rejects(page.getActionStats(), { status: 401 });
});

test('clearing', async (t) => {
  t.after(() => control('record?service=CaseService&n=1'));
  assert.equal(await api.clearActionLogs(), 'Action logs cleared successfully');
  assert.deepEqual(await api.getRecentActions(), []);
});

test('the address of the API', async () => {
  for (const base of [BASE, BASE.slice(0, -1), new URL(BASE), `${BASE}?a=b#c`]) {
    assert.deepEqual(await connect({ base }).getActionsByService('Nobody'), []);
  }
  // Loaded from a file, the module does not know its server.
  await assert.rejects(client.getRecentActions(), { name: 'ActionLogError', status: 0 });
  await assert.rejects(connect({ base: 'not an address' }).search(), { name: 'ActionLogError', status: 0 });
});

test('errors of the API', async () => {
  await assert.rejects(api.getRecentActions(0), (error) => {
    assert.ok(error instanceof ActionLogError && error instanceof Error);
    assert.equal(error.message, error.detail);
    assert.match(error.detail, /limit.*"0".*1 to 1000/);
    return error.status === 400 && error.retryAfter === undefined;
  });
  await assert.rejects(api.search({ servise: 'a' }), { status: 400 });
  await assert.rejects(api.search({ q: '' }), { status: 400 });
  await assert.rejects(connect({ base: `${BASE}nowhere/` }).getRecentActions(), { status: 404 });
  const strict = connect({ base: STRICT });
  await strict.getRecentActions();
  await assert.rejects(strict.getRecentActions(), (error) => error.status === 429 && error.retryAfter > 0 && error.retryAfter <= 100);
});

test('errors of others', async (t) => {
  const base = await serve(t, (request, response) => {
    switch (new URL(request.url, 'http://a').pathname) {
      case '/recent': return response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>');
      case '/failed': return response.writeHead(422).end('{"detail":[{"msg":"no"}]}');
      case '/stats': return response.writeHead(200).end('<h1>Welcome</h1>');
      case '/slow': return response.writeHead(503, { 'Retry-After': new Date(Date.now() + 60e3).toUTCString() }).end('null');
      case '/active': return response.writeHead(200, { 'Content-Length': 100 }).write('{"active"', () => response.destroy());
      default: return response.writeHead(503, { 'Retry-After': 'soon' }).end();
    }
  });
  const other = connect({ base });
  await assert.rejects(other.getRecentActions(), { status: 502, detail: 'The server answered 502' });
  await assert.rejects(other.getFailedActions(), { status: 422, detail: 'The server answered 422' });
  await assert.rejects(other.getActionStats(), { name: 'ActionLogError', status: 200 });
  await assert.rejects(other.slow(), ({ status, retryAfter }) => status === 503 && retryAfter > 50 && retryAfter <= 60);
  await assert.rejects(other.active(), { name: 'ActionLogError', status: 200 });
  await assert.rejects(other.search(), { status: 503, retryAfter: undefined });
  await assert.rejects(connect({ base: 'http://127.0.0.1:1/' }).search(), ({ status, message }) => status === 0 && /ECONNREFUSED|bad port|reached/.test(message));
});

test('aborting', async (t) => {
  const base = await serve(t, (request, response) => {
    if (request.url === '/stats') response.writeHead(200).write('{"stats":');
  });
  const reason = new Error('changed my mind');
  await assert.rejects(api.getRecentActions(1, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  for (const call of [(options) => connect({ base }).slow(1, options), (options) => connect({ base }).getActionStats(options)]) {
    const controller = new AbortController();
    const answer = call({ signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(answer, (error) => error === reason);
  }
  await assert.rejects(connect({ base }).active({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
});

test('what cannot be asked is an error like any other, and no stream', async () => {
  const never = () => assert.fail('it was sent');
  const strict = connect({ base: BASE, fetch: never });
  for (const [why, call] of Object.entries({
    'Invalid time value': () => strict.search({ from: new Date(NaN) }),
    'Invalid URL': () => connect({ base: '::', fetch: never }).search(),
    BigInt: () => strict.record({ duration: 1n }),
    'no header can': () => connect({ base: BASE, token: 's3cret\n', fetch: never }).search(),
  })) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ActionLogError && error.status === 0, `${error}`);
      assert.match(error.message, /^The request cannot be made: /);
      assert.ok(error.message.includes(why) && !error.message.includes('s3cret'), error.message);
      return true;
    });
  }
  const states = [];
  await new Promise((resolve) => {
    strict.stream({ from: new Date(NaN) }, never, { onState: ({ state, error }) => { states.push(state, error?.status); resolve(); } });
  });
  assert.deepEqual(states, ['closed', 0]);
});

test('odd names and answers', async () => {
  assert.deepEqual(await api.getActionsByService('\ud800'), []);
  await assert.rejects(api.getActionsByService(''), { name: 'ActionLogError', status: 400 });
  for (const text of ['null', '7', '"x"']) {
    const odd = connect({ base: BASE, fetch: async () => new Response(text) });
    await assert.rejects(odd.getRecentActions(), { name: 'ActionLogError', message: 'The answer is not whole: it is no object' });
  }
  const odd = connect({ base: BASE, fetch: () => Promise.reject() });
  await assert.rejects(odd.search(), { name: 'ActionLogError', status: 0 });
});
