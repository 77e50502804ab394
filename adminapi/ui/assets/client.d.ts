/**
 * The client of an action log's HTTP API, for browsers and for Node 20 or
 * later: one module, no dependency.
 *
 *     import { getRecentActions, stream } from '/action-logs/client.js';
 *     const actions = await getRecentActions(10);
 *     const live = stream({ status: 'failed' }, (action) => console.log(action.error));
 *
 * The functions of the module ask the server that it was loaded from. A program
 * that has the module as a file, or needs a token, makes its own with connect().
 *
 * Every promise rejects with an ActionLogError, or, after an abort, with the
 * reason of the signal. What comes from the server is data: show it as
 * textContent, never as HTML.
 */

/** One action. The first six fields are always there. */
export interface Action {
  /** When the action ended: RFC 3339 in UTC, with up to nanoseconds. */
  timestamp: string;
  service: string;
  action: string;
  status: 'success' | 'failed';
  /** Milliseconds. */
  duration: number;
  /** Null unless it failed. */
  error: string | null;
  /** Unique over processes and restarts. */
  id: string;
  /** The same duration in nanoseconds. */
  durationNs: number;
  /** Absent for an action that is no request. */
  http?: ActionRequest;
  traceId?: string;
  spanId?: string;
  /** Which process or host recorded it, where several share a store. */
  instance?: string;
  /** What the handler added. */
  attrs?: Record<string, string>;
}

export interface ActionRequest {
  method?: string;
  /** The pattern that the path matched. */
  route?: string;
  path?: string;
  /** The status on the wire, 0 where nothing was written. */
  code?: number;
  /** Of the body that was sent. */
  bytes?: number;
  /** The peer's address. */
  remote?: string;
  requestId?: string;
  outcome?: 'panic' | 'aborted' | 'hijacked' | 'streamed';
}

/**
 * An action to record. Its timestamp is at most 24 hours off; it gets an id, and
 * keeps one that it has as the attribute recordId.
 */
export type NewAction = Partial<Action> & Pick<Action, 'timestamp' | 'service' | 'action' | 'status' | 'duration'>;

/** A request in flight. */
export interface Running {
  began: string;
  service: string;
  action: string;
  /** Milliseconds. */
  age: number;
  ageNs: number;
  http?: { method: string; path: string; remote?: string; requestId?: string };
}

/** Durations are milliseconds, with decimals. */
export interface Summary {
  total: number;
  failed: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Stats {
  /** What the window holds, at most capacity. */
  total: number;
  failed: number;
  byService: Record<string, number>;
  /** When lifetime began: with the process, or at the last clear. */
  since?: string;
  lifetime: { total: number; failed: number };
  services: Record<string, Summary & { actions?: Record<string, Summary> }>;
  capacity: number;
  sinks: Record<string, { lag: number; written: number; missed: number; lastError: string }>;
}

/** A page of a search. */
export interface Page {
  actions: Action[];
  /** The cursor of the page after this one; absent on the last. */
  next?: string;
}

/** Failures whose errors differ in numbers and ids only. */
export interface ErrorGroup {
  template: string;
  count: number;
  first: string;
  last: string;
  /** The id of the latest of them. */
  example: string;
  services: string[];
}

export interface Timeseries {
  /** From one point to the next, such as 10s. */
  step: string;
  /** Upper bounds of all buckets but the last, in milliseconds, exclusive. */
  bounds: number[];
  points: TimeseriesPoint[];
}

export interface TimeseriesPoint extends Summary {
  time: string;
  /** Actions by duration, see bounds; buckets after the last that is not 0 may be left out. */
  buckets?: number[];
}

/** One value or several; undefined and null are left out. */
type Some<T> = T | readonly T[] | null | undefined;

/** Which actions: the filters of every query. */
export interface Filter {
  /** Of several, any. */
  service?: Some<string>;
  /** Of several, any. */
  action?: Some<string>;
  status?: Some<'success' | 'failed'>;
  instance?: Some<string>;
  /** Inclusive: a moment, a date, or a duration before now such as 15m or 7d. */
  from?: Some<string | Date>;
  /** Exclusive. */
  to?: Some<string | Date>;
  /** A duration such as 250ms, or whole milliseconds. */
  min_duration?: Some<string | number>;
  max_duration?: Some<string | number>;
  /** A status code or a class, such as 5xx. */
  code?: Some<string | number>;
  /** Text that the error, action, service, route or request id contains. */
  q?: Some<string>;
  request_id?: Some<string>;
  trace_id?: Some<string>;
  id?: Some<string>;
}

/** Filters, order and page. */
export interface Query extends Filter {
  /** The default is -timestamp, the newest first. */
  sort?: Some<'-timestamp' | 'timestamp' | '-duration' | 'duration'>;
  /** 1 to 1000, by default 100. */
  limit?: Some<number>;
  /** The next of a page of the same query. */
  cursor?: Some<string>;
}

/** What every call takes as its last argument. */
export interface CallOptions {
  /** Aborting it rejects the promise with its reason. */
  signal?: AbortSignal | null;
}

/** Why a call failed. */
export declare class ActionLogError extends Error {
  constructor(detail: string, options?: { status?: number; retryAfter?: number; cause?: unknown });
  readonly name: 'ActionLogError';
  /** The status of the answer; 0 if there was none. */
  readonly status: number;
  /** What the server said, or what is wrong; the same as message. */
  readonly detail: string;
  /** After how many seconds the server wants to be asked again, if it said so. */
  readonly retryAfter: number | undefined;
}

export interface ConnectOptions {
  /**
   * The address of the API, such as http://localhost:8000/action-logs; in a
   * page it may be relative to the page. The default is the folder that this
   * module was loaded from.
   */
  base?: string | URL;
  /** Goes along with every request as bearer token. */
  token?: string;
  /** Used instead of the global fetch. */
  fetch?: typeof globalThis.fetch;
}

/** The functions of this module, bound to a server. */
export interface Client {
  getRecentActions: typeof getRecentActions;
  getFailedActions: typeof getFailedActions;
  getActionsByService: typeof getActionsByService;
  getActionStats: typeof getActionStats;
  clearActionLogs: typeof clearActionLogs;
  search: typeof search;
  slow: typeof slow;
  active: typeof active;
  errors: typeof errors;
  timeseries: typeof timeseries;
  exportURL: typeof exportURL;
  record: typeof record;
  login: typeof login;
  logout: typeof logout;
  stream: typeof stream;
}

/** Returns the functions for a server. Nothing is sent before one of them is called. */
export declare function connect(options?: ConnectOptions): Client;

/** The newest actions, newest first; limit is 1 to 1000, by default 100. */
export declare function getRecentActions(limit?: number, options?: CallOptions): Promise<Action[]>;

/** The newest failed actions, newest first; limit is 1 to 1000, by default 50. */
export declare function getFailedActions(limit?: number, options?: CallOptions): Promise<Action[]>;

/**
 * The newest actions of a service, newest first; limit is 1 to 1000, by default
 * 100. A service that nobody has heard of has none.
 */
export declare function getActionsByService(name: string, limit?: number, options?: CallOptions): Promise<Action[]>;

/** Counts and latencies, in all and by service and action. */
export declare function getActionStats(options?: CallOptions): Promise<Stats>;

/** Has all actions in memory forgotten; archives are not touched. Returns what the server says. */
export declare function clearActionLogs(options?: CallOptions): Promise<string>;

/** One page of what matches. Following next visits each match once, also while others arrive. */
export declare function search(query?: Query | URLSearchParams, options?: CallOptions): Promise<Page>;

/** The slowest actions kept of each service and action, slowest first; limit is 1 to 1000, by default 100. */
export declare function slow(limit?: number, options?: CallOptions): Promise<Action[]>;

/** The requests in flight, longest-running first. */
export declare function active(options?: CallOptions): Promise<Running[]>;

/** Failures that match, by what their errors have in common; limit is 1 to 1000, by default 100. */
export declare function errors(
  query?: (Filter & { limit?: Some<number> }) | URLSearchParams,
  options?: CallOptions,
): Promise<ErrorGroup[]>;

/** Counts and latencies over time of what matches; step is a duration such as 10s, 1m, 1h or 1d. */
export declare function timeseries(
  query?: (Filter & { step?: Some<string> }) | URLSearchParams,
  options?: CallOptions,
): Promise<Timeseries>;

/**
 * The address under which all that match are downloaded, oldest first. It holds
 * no token: where one is asked for, a page logs in first.
 */
export declare function exportURL(
  query?: (Filter & { limit?: Some<number> }) | URLSearchParams,
  format?: 'jsonl' | 'csv' | 'json',
): string;

/**
 * Records an action or several, where the server takes any, and returns how
 * many: all of them; if one is refused, so are all.
 */
export declare function record(actions: NewAction | readonly NewAction[], options?: CallOptions): Promise<number>;

/** Changes a token for a cookie that the browser then sends by itself. Node keeps no cookies: use connect({token}). */
export declare function login(token: string, options?: CallOptions): Promise<void>;

/** Has that cookie forgotten. */
export declare function logout(options?: CallOptions): Promise<void>;

/**
 * Connecting, open, waiting for the next attempt; for good: closed, by close,
 * the signal, or an error that asking again would not help; denied, for want of
 * the right credentials.
 */
export type StreamStateName = 'connecting' | 'open' | 'waiting' | 'closed' | 'denied';

export interface StreamState {
  state: StreamStateName;
  /** How many attempts have failed in a row. */
  attempt: number;
  /** Milliseconds to the next attempt, when waiting. */
  retryIn?: number;
  /** Why it is waiting, denied, or closed by itself. */
  error?: ActionLogError;
}

export interface StreamOptions {
  /**
   * Called with how many actions were overwritten before they could be sent.
   * Those that came while the server was not running are not known to anybody.
   */
  onMissed?: (count: number) => void;
  /** Called at each change of state. */
  onState?: (state: StreamState) => void;
  /** The id of the action to go on after. */
  after?: string | null;
  /** How many of the newest matches, 0 to 1000, come first; not together with after. */
  last?: number | null;
  /** Aborting it closes the stream. */
  signal?: AbortSignal | null;
}

export interface Stream {
  /** Ends the stream: calls onState with closed, and nothing after that. It may be called again. */
  close(): void;
  readonly state: StreamStateName;
}

/**
 * Calls onAction with each action that matches, as it is recorded, in order and
 * none twice. What breaks is connected again, after 0.5 to 30 s or as long as
 * the server asks for, and goes on after the last action. Nothing is called
 * before stream has returned. What a callback throws is reported as an error of
 * the page, or on the console, and the stream goes on.
 */
export declare function stream(
  query: Filter | URLSearchParams | null | undefined,
  onAction: (action: Action) => void,
  options?: StreamOptions,
): Stream;
