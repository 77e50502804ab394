// How the client follows the real server through its absences. The Go test
// beside it starts the server, whose ring holds few actions, and lets this have
// it killed and started again, as the same process or as another. The n-th action
// takes n milliseconds.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { CLIENT, CONTROL, GUARDED, TOKEN, URL: BASE } = process.env;
const { connect } = await import(pathToFileURL(CLIENT).href);

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const control = async (what) => assert.equal((await fetch(`${CONTROL}/${what}`, { method: 'POST' })).status, 200);
const record = (n, service = 'CaseService') => control(`record?service=${service}&n=${n}`);

const streams = []; // of the test that runs

/** Follows the server until the test ends. */
function follow(t, query, options = {}) {
  const got = { numbers: [], missed: 0, states: [] };
  streams.push(got);
  const live = connect({ base: options.base ?? BASE, token: options.token }).stream(query, (action) => got.numbers.push(action.duration), {
    onMissed: (n) => { got.missed += n; },
    onState: (state) => got.states.push(state),
    ...options,
  });
  t.after(() => { live.close(); streams.length = 0; });
  return Object.assign(got, { live, last: () => got.numbers.at(-1) });
}

/** Waits until what is asked for is true. */
async function until(what, wait = 20_000) {
  for (const end = Date.now() + wait; !what();) {
    if (Date.now() > end) assert.fail(`this did not become true: ${what}; the streams are ${JSON.stringify(streams).slice(0, 5000)}`);
    await sleep(5);
  }
}

const isOpen = (got) => got.states.at(-1)?.state === 'open';
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let count = 0; // of actions so far
const recorded = async (n, service) => {
  await record(n, service);
  count += n;
};
before(() => recorded(20));

test('from now on', async (t) => {
  const got = follow(t, {});
  await until(() => isOpen(got));
  await sleep(100);
  const from = count + 1;
  await recorded(30);
  await until(() => got.last() === count);
  assert.deepEqual([got.numbers, got.missed], [run(from, count), 0]);
});

test('with the last ones, and a filter', async (t) => {
  const all = follow(t, {}, { last: 5 });
  const failed = follow(t, { status: 'failed', service: ['CaseService', 'Other'] }, { last: 2 });
  await until(() => isOpen(all) && isOpen(failed) && all.numbers.length === 5 && failed.numbers.length === 2);
  await recorded(10);
  await until(() => all.last() === count && failed.numbers.length === 3);
  assert.deepEqual(all.numbers, run(count - 14, count));
  assert.deepEqual(failed.numbers, [count - 20, count - 10, count]);
});

test('a server that is killed, and comes back', async (t) => {
  const from = count + 1;
  const quiet = follow(t, { service: 'Nobody' });
  const all = follow(t, {});
  await until(() => isOpen(all) && isOpen(quiet));
  await sleep(100);
  await control('kill'); // before either has had an action
  await recorded(50);
  await until(() => all.live.state === 'waiting');
  await control('start');
  await until(() => all.last() === count);
  await recorded(10);
  await control('kill');
  await recorded(20);
  await control('start');
  await until(() => all.last() === count);
  assert.deepEqual([all.numbers, all.missed, quiet.numbers, quiet.missed], [run(from, count), 0, [], 0]);
  const { error, retryIn, attempt } = all.states.find(({ state }) => state === 'waiting');
  assert.ok(error.name === 'ActionLogError' && retryIn >= 500 && attempt === 1);
});

test('what could not be kept is counted', async (t) => {
  const from = count + 1;
  const got = follow(t, {});
  await until(() => isOpen(got));
  await recorded(10);
  await until(() => got.last() === count);
  await control('kill');
  await recorded(20_000);
  await control('start');
  await until(() => got.last() === count);
  const first = got.numbers[10];
  assert.deepEqual(got.numbers, [...run(from, from + 9), ...run(first, count)]);
  assert.equal(got.missed, first - (from + 10));
  assert.ok(got.missed > 10_000);
});

test('another process', async (t) => {
  const got = follow(t, {}, { last: 1 });
  await until(() => got.last() === count);
  const before = got.numbers.length;
  await control('kill');
  await recorded(3); // which nobody will hear of
  await control('restart');
  const from = count + 1;
  await recorded(5); // perhaps before the client is back
  await until(() => isOpen(got) && got.last() === count);
  await recorded(5);
  await until(() => got.last() === count);
  assert.deepEqual(got.numbers.slice(before), run(from, count));
});

test('under load, through restarts', async (t) => {
  const got = follow(t, {});
  await until(() => isOpen(got));
  await sleep(100);
  const from = count + 1;
  for (let round = 0; round < 3; round++) {
    await until(() => isOpen(got));
    for (let i = 0; i < 20; i++) {
      await recorded(5);
      if (i === 5) await control('kill');
      if (i === 10) await control('start');
      await sleep(20);
    }
    await until(() => got.last() === count);
  }
  await until(() => got.last() === count);
  assert.deepEqual([got.numbers, got.missed], [run(from, count), 0]);
  assert.ok(got.states.filter(({ state }) => state === 'waiting').length >= 3);
});

test('a token', async (t) => {
  const stranger = follow(t, {}, { base: GUARDED });
  await until(() => stranger.live.state === 'denied');
  assert.equal(stranger.states.at(-1).error.status, 401);
  const known = follow(t, {}, { base: GUARDED, token: TOKEN });
  await until(() => isOpen(known));
});

test('a query that is not one', async (t) => {
  const got = follow(t, { servise: 'a' });
  await until(() => got.live.state === 'closed');
  assert.match(got.states.at(-1).error.detail, /servise/);
});
