import * as api from '../client.js';
import { Announcer } from './announce.js';
import { now } from './clock.js';
import { Detail } from './detail.js';
import { askClear, askToken, showHelp } from './dialogs.js';
import { $, setAttr, setHidden, setText } from './dom.js';
import { Failing } from './failing.js';
import { live, without } from './filter.js';
import { FilterBox } from './filterbox.js';
import { parseDuration, parseMoment } from './format.js';
import { listenKeys } from './keys.js';
import { List, showHead } from './list.js';
import { ListState } from './liststate.js';
import { Active, Errors, Slow } from './panels.js';
import { Plot } from './plot.js';
import { Poll } from './poll.js';
import { Rows } from './rows.js';
import { Services } from './services.js';
import { Status } from './status.js';
import { Tabs } from './tabs.js';
import { Tail } from './tail.js';
import { startTheme, toggleTheme } from './theme.js';
import { Tiles } from './tiles.js';
import { View } from './view.js';

startTheme();

const quarter = 15 * 60e3;
const view = new View();
const rows = new Rows();
const announcer = new Announcer($('announce'));
const status = new Status({ retry, login: () => askToken(api.login, restart) });

const tail = new Tail(api, rows, {
  onChange: () => {
    status.stream(tail);
    listState.show();
  },
  onError: (error) => failed(error),
  onRows: (arrived) => {
    if (!list.held || !arrived) list.paint();
    if (arrived) announcer.arrived(arrived);
    if (list.held || !$('empty').hidden || arrived?.some((a) => a.missed)) listState.soon();
  },
});

const list = new List({
  grid: $('list'), body: $('list').querySelector('.body'), rows,
  onOpen: (action) => view.show(action.id),
  onEnd: () => tail.older(),
  onHold: () => listState.show(),
  onLost: () => refill(),
});

const listState = new ListState({ view, list, rows, tail, retry });
const services = new Services($('services'), api, view);
const filterBox = new FilterBox($('filter'), view, () => services.known);
const detail = new Detail($('detail'), view, {
  find: (id) => rows.find(id), say: (text, soon) => announcer.say(text, soon), onError: (error) => failed(error),
});
const tiles = new Tiles($('tiles'));
const plot = new Plot($('plots'), (from, to) => view.with({ from: stamp(from), to: to > now() ? null : stamp(to) }));
const errors = new Errors($('panel-errors'), view);
const slow = new Slow($('panel-slow'), (action) => view.show(action.id));
const active = new Active($('panel-active'));
const failing = new Failing($('failing'), api, {
  onPick: ({ service, action }) => view.filter({ service: [service], action: [action], status: 'failed' }),
  onChange: (found) => {
    const title = found.length ? `✕ ${found.length} failing · Action log` : 'Action log';
    if (title === document.title) return;
    document.title = title;
    announcer.say(found.length ? `Failing now: ${found.map((g) => `${g.service} ${g.action}`).slice(0, 3).join(', ')}` : 'Nothing is failing', true);
  },
});

// Moments of a query, as the API has them.
const stamp = (t) => new Date(t).toISOString().replace('.000Z', 'Z');

// span is the time that the plots show: what the filter says, or the last
// quarter of an hour.
function span() {
  const { from, to } = view.query;
  const end = to ? parseMoment(to, now()) : now();
  return { from: from ? parseMoment(from, now()) : end - quarter, to: end };
}

// seriesQuery is the filter for time series.
function seriesQuery() {
  const query = without(view.query, 'sort');
  if (!query.from) query.from = query.to ? stamp(span().from) : '15m';
  return query;
}

const usual = () => !view.query.from && !view.query.to; // the tiles can share the plots' series

let step = 5e3;
let changed = true; // whether the filter has, since the plots were last drawn
const polls = {
  series: new Poll(unless404('.readout', async (signal) => {
    const series = await api.timeseries(seriesQuery(), { signal });
    step = parseDuration(series.step);
    const data = { ...series, step, ...span() };
    if (!(data.from < data.to)) return;
    plot.show(data, changed);
    changed = false;
    if (usual()) tiles.series(data, now());
    status.answered();
    if (tail.state === 'failed' && tail.error.status !== 400) refill();
  }), () => (live(view.query) ? Math.max(5e3, step / 2) : 60e3), failed),
  tiles: new Poll(unless404('.readout', async (signal) => {
    if (usual()) return;
    const series = await api.timeseries({ ...without(view.query, 'sort', 'to'), from: '15m' }, { signal });
    tiles.series({ ...series, step: parseDuration(series.step) }, now());
  }), 5e3, failed),
  state: new Poll(async (signal) => {
    const asked = [api.getActionStats({ signal }), api.active({ signal })];
    const [stats, running] = await Promise.allSettled(asked); // together, so that they are painted together
    if (stats.status === 'fulfilled') {
      services.stats(stats.value);
      tiles.sinks(stats.value.sinks);
    }
    if (running.status === 'fulfilled') {
      tiles.active(running.value);
      if (tabs.selected.id === 'tab-active') active.show(running.value);
    }
    const wrong = [stats, running].find(({ reason }) => reason && reason.status !== 404);
    if (wrong) throw wrong.reason;
  }, 4e3, failed),
  failing: new Poll((signal) => failing.load(signal), 10e3, failed),
  trends: new Poll(unless404('.readout', (signal) => services.trend(signal)), () => (services.hungry ? 300 : 5e3), failed),
  errors: new Poll(unless404('#panel-errors .empty', async (signal) => errors.show(await api.errors(without(view.query, 'sort'), { signal }))), 5e3, failed),
  slow: new Poll(unless404('#panel-slow .empty', async (signal) => slow.show(await api.slow(1000, { signal }))), 10e3, failed),
};
const byTab = { 'tab-services': 'trends', 'tab-errors': 'errors', 'tab-slow': 'slow' };

const tabs = new Tabs(document.querySelector('[role=tablist]'), (id) => {
  for (const [tab, name] of Object.entries(byTab)) tab === id ? polls[name].start() : polls[name].stop();
  if (id === 'tab-active') polls.state.now();
});

// failed is told of every request that did not go well.
function failed(error) {
  if (error.status === 400) filterBox.refuse(error.message);
  else status.failed(error);
}

// unless404 makes an asking that a store may not be able to answer: where it
// says so the text stands instead.
function unless404(selector, ask) {
  return async (signal) => {
    try {
      await ask(signal);
    } catch (error) {
      if (error.status !== 404) throw error;
      const place = document.querySelector(selector);
      setHidden(place, false);
      setText(place, `Not here: ${error.message}.`);
    }
  };
}

// show asks for everything that depends on the filter.
function show() {
  list.reset();
  tail.start(view.query);
  changed = true;
  polls.series.start();
  polls.tiles.start();
  polls.errors.now();
  const { from, to, status: wanted, sort } = view.query;
  setAttr($('only-failed'), 'aria-pressed', wanted === 'failed');
  for (const button of $('ranges').children) setAttr(button, 'aria-pressed', !to && (from ?? '') === button.dataset.from);
  showHead($('list').firstElementChild, sort);
}

function refill() {
  list.reset();
  tail.start(view.query);
}

function restart() {
  status.reset();
  polls.state.start();
  polls.failing.start();
  tabs.show(tabs.selected);
  show();
  detail.update();
}

function retry() {
  for (const poll of Poll.all) poll.now();
  if (tail.state === 'ready') tail.connect();
  else refill();
}

function toTop() {
  list.pause(false);
  list.toTop();
  listState.show();
}

function close() {
  if (view.open) view.show(null);
  else list.unpick();
}

function walk(by) {
  list.step(by);
  if (view.open) list.open();
}

const onlyFailed = () => view.with({ status: view.query.status === 'failed' ? null : 'failed' });

$('live').addEventListener('click', () => list.pause(!list.paused));
$('waiting').addEventListener('click', toTop);
$('only-failed').addEventListener('click', onlyFailed);
$('theme').addEventListener('click', toggleTheme);
$('help').addEventListener('click', showHelp);
setHidden($('clear'), document.querySelector('meta[name=clear]') !== null);
$('clear').addEventListener('click', () => askClear(async () => {
  await api.clearActionLogs();
  announcer.say('All actions are forgotten', true);
  restart();
}));
$('ranges').addEventListener('click', ({ target }) => {
  if (target.dataset.from !== undefined) view.with({ from: target.dataset.from || null, to: null });
});
$('jump').addEventListener('click', ({ target }) => $(target.dataset.to)?.scrollIntoView());
$('list').firstElementChild.addEventListener('click', ({ target }) => {
  const by = target.closest('[data-sort]')?.dataset.sort;
  if (!by) return;
  const { sort = '-timestamp' } = view.query;
  const next = sort === '-' + by ? by : '-' + by;
  view.with({ sort: next === '-timestamp' ? null : next });
});
const menu = document.querySelector('.menu');
menu.addEventListener('toggle', () => {
  for (const a of menu.querySelectorAll('a')) a.href = api.exportURL(without(view.query, 'sort'), a.dataset.format);
});
addEventListener('click', ({ target }) => {
  if (menu.open && (!menu.contains(target) || target.localName === 'a')) menu.open = false;
});

listenKeys({
  '/': () => $('query').focus(),
  '?': showHelp,
  j: () => walk(1),
  k: () => walk(-1),
  Enter: () => list.open(),
  ' ': () => list.pause(!list.paused),
  g: toTop,
  f: onlyFailed,
  Escape: () => (menu.open ? (menu.open = false) : close()),
});

$('list').addEventListener('keydown', (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  walk(by);
});

view.addEventListener('filter', show);
view.addEventListener('open', () => list.mark(view.open));

// Nothing is asked for while nobody looks. After a minute the list begins anew.
let hiddenAt = 0;
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenAt = Date.now();
    for (const poll of Poll.all) poll.pause();
    tail.disconnect();
    return;
  }
  for (const poll of Poll.all) poll.now();
  if (Date.now() - hiddenAt < 60e3 || list.held) tail.connect();
  else refill();
});

list.mark(view.open);
restart();

export { list, rows }; // for the console, and for tests
