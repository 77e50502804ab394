// How the client reads events and connects again, to servers that do what the
// real one does seldom or never.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { ActionLogError, connect } = await import(pathToFileURL(process.env.CLIENT).href);

// The client's clock goes faster than others: to wait is not what is tested. How
// long it bears silence is left long enough for a machine that is busy.
const SPEED = 50;
const SILENCE = 8_000;
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (f, ms, ...rest) => realTimeout(f, ms === 45_000 ? SILENCE : ms / SPEED, ...rest);
const sleep = (ms) => new Promise((resolve) => { realTimeout(resolve, ms); });

const rejections = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));
after(async () => {
  await sleep(50);
  assert.deepEqual(rejections, []);
});

const events = { 'Content-Type': 'text/event-stream; charset=utf-8' };
const event = (id, more = '') => `id: ${id}\nevent: action\ndata: ${JSON.stringify({ id, ...more })}\n\n`;

/** A fetch whose n-th call is answered by the n-th of the answers, and from then on by the last. */
function answers(...list) {
  const requests = [];
  const fetch = async (url, init) => {
    requests.push({ url: new URL(url), init });
    return list[Math.min(requests.length, list.length) - 1](init.signal);
  };
  return { fetch, requests };
}

/** An answer in pieces, each read by itself. It stays open unless it ends. */
const pieces = (list, { end = false, status = 200, headers = events } = {}) => (signal) => {
  const queue = list.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  const body = new ReadableStream({
    start(controller) {
      signal.addEventListener('abort', () => controller.error(signal.reason));
    },
    pull(controller) {
      if (queue.length) controller.enqueue(queue.shift());
      else if (end) controller.close();
      else return new Promise(() => {});
    },
  });
  return new Response(body, { status, headers });
};
const status = (code, headers = {}) => () => new Response('{"detail":"told"}', { status: code, headers });

/** Follows until done says so, or for a while, and returns all that was called back. */
async function follow(fetch, { until = () => false, wait = 60_000, query = {}, ...options } = {}) {
  const got = { actions: [], missed: [], states: [] };
  const live = connect({ base: 'http://a.test/logs', fetch }).stream(query, (action) => got.actions.push(action), {
    onMissed: (n) => got.missed.push(n),
    onState: (state) => got.states.push(state),
    ...options,
  });
  for (const end = Date.now() + wait; !until(got) && Date.now() < end;) await sleep(2);
  got.live = live;
  got.state = live.state;
  live.close();
  return got;
}
const states = (got) => got.states.map(({ state }) => state);

describe('events', { concurrency: true }, () => { // most of the time is spent waiting
  test('every way to cut a stream into pieces', async () => {
    const text = '\uFEFF: héllo\nretry: 3000\n\n'
      + 'id: 1\r\nevent: action\r\ndata: {"id":"1","error":"é€😀"}\r\n\r\n'
      + 'event:action\rdata:{"id":"2",\rdata:  "a":1}\r\r'
      + 'event: action\ndata: {"id":"3"}\r\n\n: comment\n\n\n'
      + 'id: 4\n\n'
      + 'event: missed\ndata: {"missed":7}\nid: 5\n\n'
      + 'event: other\ndata: not JSON\n\ndata: {"id":"6"}\n\nevent: action\n\n'
      + 'data\nunknown: field\nnofield\n\n'
      + 'id: 7\0\nevent: action\ndata: {"id":"7","q":"a: b"}\n\n'
      + 'event: action\ndata: {"id":"not ended"}\n';
    const bytes = new TextEncoder().encode(text);
    const want = [{ id: '1', error: 'é€😀' }, { id: '2', a: 1 }, { id: '3' }, { id: '7', q: 'a: b' }];
    const ways = [[bytes], [...bytes].map((byte) => Uint8Array.of(byte)), [...text].map((c) => new TextEncoder().encode(c))];
    for (let i = 1; i < bytes.length; i++) ways.push([bytes.slice(0, i), bytes.slice(i)]);
    await Promise.all(ways.map(async (way) => {
      const { fetch, requests } = answers(pieces(way, { end: true }), pieces([]));
      const got = await follow(fetch, { until: () => requests.length === 2 });
      assert.deepEqual(got.actions, want, `${way.map((piece) => piece.length)}`);
      assert.deepEqual(got.missed, [7]);
      assert.equal(requests[1].url.search, '?after=5');
      assert.ok(got.states.find(({ state }) => state === 'waiting').retryIn >= 1500);
    }));
  });

  test('over HTTP', async (t) => {
    const server = createServer(async (request, response) => {
      response.writeHead(200, events);
      for (const byte of Buffer.from(event('ü1') + event('ü2'))) {
        response.write(Uint8Array.of(byte));
        if (byte > 127) await sleep(1);
      }
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    t.after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    const actions = [];
    const live = connect({ base: `http://127.0.0.1:${server.address().port}/` }).stream({}, (action) => actions.push(action.id));
    for (const end = Date.now() + 60_000; actions.length < 2 && Date.now() < end;) await sleep(2);
    live.close();
    assert.deepEqual(actions, ['ü1', 'ü2']);
  });

  test('an event that never ends', async () => {
    for (const piece of ['x'.repeat(70_000), `data: ${'x'.repeat(70_000)}\n`]) {
      const { fetch, requests } = answers(pieces(['event: action\ndata: ', ...Array(20).fill(piece)]), pieces([event('1')]));
      const got = await follow(fetch, { until: ({ actions }) => actions.length });
      assert.equal(requests.length, 2);
      assert.deepEqual(states(got), ['connecting', 'open', 'waiting', 'connecting', 'open', 'closed']);
      assert.match(got.states[2].error.message, /^An event/);
      assert.ok(requests[0].init.signal.aborted);
    }
  });

  test('what cannot be read is missed', async () => {
    const { fetch } = answers(pieces(['event: action\nid: 1\ndata: {"id"\n\nevent: missed\ndata: x\n\nevent: missed\ndata: {"missed":0}\n\n', event('2')]));
    const got = await follow(fetch, { until: ({ actions }) => actions.length });
    assert.deepEqual([got.actions, got.missed], [[{ id: '2' }], [1]]);
  });

  test('each id once', async () => {
    const { fetch, requests } = answers(
      pieces([event('1'), event('2'), event('2')], { end: true }),
      pieces([event('1'), event('2'), event('3')], { end: true }),
      pieces([event('3'), event('4')]),
    );
    const got = await follow(fetch, { until: ({ actions }) => actions.length === 4, query: { service: ['a', 'b'] }, last: 2 });
    assert.deepEqual(got.actions.map(({ id }) => id), ['1', '2', '3', '4']);
    assert.deepEqual(requests.map(({ url }) => url.href), [
      'http://a.test/logs/stream?service=a&service=b&last=2',
      'http://a.test/logs/stream?service=a&service=b&after=2',
      'http://a.test/logs/stream?service=a&service=b&after=3',
    ]);
    assert.equal(requests[0].init.headers.Accept, 'text/event-stream');
  });

  test('after comes from the caller first', async () => {
    const { fetch, requests } = answers(pieces([], { end: true }), pieces([event('9')]));
    await follow(fetch, { until: ({ actions }) => actions.length, after: '8', last: 3, query: new URLSearchParams('service=a&service=b') });
    assert.deepEqual(requests.map(({ url }) => url.search), Array(2).fill('?service=a&service=b&after=8'));
  });

  test('a silent connection is given up', async () => {
    for (const first of [pieces([': hello\n\n']), (signal) => new Promise((resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); })]) {
      const { fetch, requests } = answers(first, pieces([event('1')]));
      const began = Date.now();
      const got = await follow(fetch, { until: ({ actions }) => actions.length });
      assert.equal(requests.length, 2);
      assert.match(got.states.find(({ state }) => state === 'waiting').error.message, /silent/);
      assert.ok(Date.now() - began >= SILENCE - 10);
      assert.ok(requests[0].init.signal.aborted);
    }
  });

  test('heartbeats keep a connection', async () => {
    const beat = (signal) => {
      let timer;
      const body = new ReadableStream({
        start(controller) {
          timer = setInterval(() => controller.enqueue(new TextEncoder().encode(': beat\n\n')), SILENCE / 3);
          signal.addEventListener('abort', () => { clearInterval(timer); controller.error(signal.reason); });
        },
      });
      return new Response(body, { headers: events });
    };
    const { fetch, requests } = answers(beat);
    const got = await follow(fetch, { wait: 1.5 * SILENCE });
    assert.deepEqual([requests.length, got.state], [1, 'open']);
  });

  test('what an answer leads to', async () => {
    const html = () => new Response('<h1>Welcome</h1>', { headers: { 'Content-Type': 'text/html' } });
    const away = () => { throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }); };
    for (const [answer, state, code, detail] of [
      [status(401), 'denied', 401, 'told'], [status(403), 'denied', 403, 'told'],
      [status(400), 'closed', 400, 'told'], [status(404), 'closed', 404, 'told'], [status(405), 'closed', 405, 'told'],
      [status(429), 'waiting', 429, 'told'], [status(408), 'waiting', 408, 'told'], [status(500), 'waiting', 500, 'told'], [status(503), 'waiting', 503, 'told'],
      [html, 'waiting', 200, 'The answer is not a stream of events'],
      [away, 'waiting', 0, 'The server cannot be reached: connect ECONNREFUSED'],
    ]) {
      const { fetch, requests } = answers(answer);
      const got = await follow(fetch, { until: (g) => g.states.length === 2 });
      assert.deepEqual(states(got).slice(0, 2), ['connecting', state]);
      const { error, attempt, retryIn } = got.states[1];
      assert.ok(error instanceof ActionLogError);
      assert.deepEqual([error.status, error.detail], [code, detail]);
      assert.equal(attempt, state === 'waiting' ? 1 : 0);
      assert.equal(retryIn !== undefined, state === 'waiting');
      if (state !== 'waiting') {
        assert.equal(got.state, state);
        await sleep(30);
        assert.equal(requests.length, 1);
        assert.equal(got.states.length, 2); // close changes nothing any more
      }
    }
  });

  test('a server that is gone for a moment may answer 404', async () => {
    const { fetch } = answers(pieces([event('1')], { end: true }), status(404), pieces([event('2')]));
    const got = await follow(fetch, { until: ({ actions }) => actions.length === 2 });
    assert.deepEqual(states(got), ['connecting', 'open', 'waiting', 'connecting', 'waiting', 'connecting', 'open', 'closed']);
  });

  test('the time between attempts', async () => {
    const { fetch } = answers(status(500));
    const got = await follow(fetch, { until: (g) => g.states.length >= 24, wait: 60_000 });
    const delays = got.states.filter(({ state }) => state === 'waiting').map(({ retryIn }) => retryIn);
    assert.equal(delays.length, 12);
    delays.forEach((delay, i) => {
      const most = Math.min(30_000, 1000 * 2 ** i);
      assert.ok(delay >= Math.max(500, most / 2) && delay <= most, `${i}: ${delay}`);
    });
    assert.ok(new Set(delays.slice(5)).size > 1, 'no jitter');
    assert.deepEqual(got.states.filter(({ state }) => state === 'waiting').map(({ attempt }) => attempt), delays.map((_, i) => i + 1));
  });

  test('a server that wants to be asked at once is not', async () => {
    const { fetch } = answers(pieces(['retry: 0\n\n'], { end: true }));
    const got = await follow(fetch, { until: (g) => g.states.filter(({ state }) => state === 'waiting').length === 6, wait: 60_000 });
    const delays = got.states.filter(({ state }) => state === 'waiting').map(({ retryIn }) => retryIn);
    delays.forEach((delay, i) => assert.ok(delay >= Math.max(500, 250 * 2 ** i), `${delays}`));
  });

  test('the server says when', async () => {
    const after = await follow(answers(status(503, { 'Retry-After': '20' })).fetch, { until: (g) => g.states.length === 2 });
    assert.ok(after.states[1].retryIn >= 20_500 && after.states[1].retryIn <= 21_000);
    assert.equal(after.states[1].error.retryAfter, 20);
    const endless = await follow(answers(status(503, { 'Retry-After': '99999999999' })).fetch, { until: (g) => g.states.length === 2 });
    assert.ok(endless.states[1].retryIn <= 3_601_000); // more than a timer can take
    for (const [retry, least, most] of [[0, 500, 500], [10_000, 5_000, 10_000], [10_000_000, 15_000, 30_000]]) {
      const got = await follow(answers(pieces([`retry: ${retry}\n\n`], { end: true })).fetch, { until: (g) => g.states.length === 3 });
      assert.ok(got.states[2].retryIn >= least && got.states[2].retryIn <= most, `${retry}: ${got.states[2].retryIn}`);
    }
  });

  test('callbacks that fail', async (t) => {
    const reported = [];
    t.mock.method(console, 'error', (error) => reported.push(error.message));
    const { fetch } = answers(pieces([event('1'), event('2'), 'event: missed\ndata: {"missed":1}\n\n', event('3')]));
    const ids = [];
    const live = connect({ base: 'http://a.test/', fetch }).stream({}, async ({ id }) => {
      ids.push(id);
      throw new Error(`action ${id}`);
    }, { onMissed() { throw new Error('missed'); }, onState({ state }) { throw new Error(state); } });
    for (const end = Date.now() + 60_000; ids.length < 3 && Date.now() < end;) await sleep(2);
    await sleep(10);
    live.close();
    assert.deepEqual(ids, ['1', '2', '3']);
    assert.deepEqual(reported.sort(), ['action 1', 'action 2', 'action 3', 'closed', 'connecting', 'missed', 'open'].sort());
  });

  test('without callbacks', async () => {
    const { fetch, requests } = answers(pieces([event('1'), 'event: missed\ndata: {"missed":1}\n\n'], { end: true }));
    const live = connect({ base: 'http://a.test/', fetch }).stream();
    for (const end = Date.now() + 60_000; requests.length < 2 && Date.now() < end;) await sleep(2);
    live.close();
    assert.equal(requests.length, 2);
  });

  test('closing', async () => {
    const moments = {
      'at once': (live) => live.close(),
      'when connecting': (live, { state }) => state === 'connecting' && live.close(),
      'when open': (live, { state }) => state === 'open' && live.close(),
      'when waiting': (live, { state }) => state === 'waiting' && live.close(),
      'at an action': (live, { id }) => id === '2' && live.close(),
    };
    for (const [name, act] of Object.entries(moments)) {
      const { fetch, requests } = answers(pieces([event('1') + event('2') + event('3')], { end: name === 'when waiting' }));
      const called = [];
      const live = connect({ base: 'http://a.test/', fetch }).stream({}, (action) => { called.push(action.id); act(live, action); }, {
        onState: (state) => { called.push(state.state); act(live, state); },
      });
      assert.deepEqual(called, [], 'called back before stream returned');
      if (name === 'at once') act(live);
      for (const end = Date.now() + 60_000; live.state !== 'closed' && Date.now() < end;) await sleep(2);
      live.close();
      await sleep(30);
      live.close();
      assert.equal(live.state, 'closed');
      assert.deepEqual(called, {
        'at once': ['closed'],
        'when connecting': ['connecting', 'closed'],
        'when open': ['connecting', 'open', 'closed'],
        'when waiting': ['connecting', 'open', '1', '2', '3', 'waiting', 'closed'],
        'at an action': ['connecting', 'open', '1', '2', 'closed'],
      }[name], name);
      assert.ok(requests.length <= 1 && requests.every(({ init }) => init.signal.aborted), `${name}: a connection is left`);
    }
  });

  test('a signal', async () => {
    const controller = new AbortController();
    const { fetch, requests } = answers(pieces([event('1')]));
    const got = await follow(fetch, {
      signal: controller.signal,
      until: ({ actions, states: list }) => {
        if (actions.length) controller.abort();
        return list.at(-1)?.state === 'closed';
      },
    });
    assert.deepEqual(states(got), ['connecting', 'open', 'closed']);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    assert.ok(requests[0].init.signal.aborted);

    const late = await follow(fetch, { signal: AbortSignal.abort(), until: (g) => g.states.length });
    assert.deepEqual([states(late), requests.length], [['closed'], 1]);
  });

  test('what is remembered is bounded', async () => {
    const many = (from) => Array.from({ length: 30_000 }, (_, i) => event(`${from + i}`)).join('');
    const { fetch } = answers(pieces([many(0), many(30_000), event('59999') + event('0')]));
    const got = await follow(fetch, { until: ({ actions }) => actions.length > 60_000, wait: 60_000 });
    assert.deepEqual([got.actions.length, got.actions.at(-1).id], [60_001, '0']);
  });
});
