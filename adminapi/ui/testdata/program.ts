import {
  type Action, ActionLogError, type Client, type Query, type StreamState, connect,
  getRecentActions, getFailedActions, getActionsByService, getActionStats, clearActionLogs,
  search, slow, active, errors, timeseries, exportURL, record, login, logout, stream,
} from './client.js';

const controller = new AbortController();
const { signal } = controller;

export async function lists(): Promise<string[]> {
  const lists: Action[][] = [
    await getRecentActions(), await getRecentActions(10, { signal }), await getFailedActions(5),
    await getActionsByService('CaseService', 10), await slow(3, { signal }),
  ];
  return lists.flat().map(({ timestamp, service, action, status, duration, error, http }) => (
    `${timestamp} ${service}.${action} ${status satisfies 'success' | 'failed'} ${duration.toFixed()} ${error?.length ?? 0} ${http?.route}`
  ));
}

export async function everyPage(query: Query): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ;) {
    const page = await search({ ...query, service: ['a', 'b'], from: new Date(0), code: 500, cursor }, { signal });
    count += page.actions.length;
    cursor = page.next;
    if (cursor === undefined) return count;
  }
}

export async function numbers(): Promise<number> {
  const stats = await getActionStats();
  const p95 = stats.services['CaseService']?.actions?.['createCase']?.p95 ?? 0;
  const { step, bounds, points } = await timeseries({ step: '1m', status: 'failed' });
  const groups = await errors(new URLSearchParams('limit=3'));
  const ages = (await active()).map((running) => running.age);
  return p95 + Number.parseInt(step) + (bounds[0] ?? 0) + (points[0]?.p99 ?? 0) + (groups[0]?.count ?? 0) + Math.max(...ages);
}

export async function changes(client: Client): Promise<string> {
  const one = { timestamp: new Date().toISOString(), service: 'Page', action: 'load', status: 'success', duration: 12 } as const;
  const n: number = await client.record([one, { ...one, attrs: { browser: 'any' } }]) + await record(one);
  await login('secret');
  await logout({ signal });
  return `${n} ${await clearActionLogs()} ${exportURL({ q: 'x' }, 'csv')}`;
}

export function follow(): () => void {
  const client = connect({ base: 'http://localhost:8000/action-logs', token: 'secret', fetch: globalThis.fetch });
  const states: StreamState[] = [];
  const live = client.stream({ status: 'failed' }, (action) => console.log(action.error), {
    onMissed: (count) => console.log(count + 1),
    onState: (state) => states.push(state),
    last: 10,
    signal,
  });
  stream(undefined, () => {}, { after: 'an id' }).close();
  return () => {
    if (live.state !== 'closed') live.close();
  };
}

export function explain(error: unknown): string {
  if (!(error instanceof ActionLogError)) return String(error);
  const { status, detail, retryAfter } = error;
  return `${status} ${detail} ${retryAfter?.toFixed() ?? ''}`;
}
