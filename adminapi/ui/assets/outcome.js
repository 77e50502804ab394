// outcomeOf says how an action ended, as the marks in the lists show it: failed,
// panic or aborted if it failed, else success, streamed or hijacked. What failed
// never looks like what went well.
export function outcomeOf({ status, http }) {
  const [plain, special] = status === 'failed' ? ['failed', ['panic', 'aborted']] : ['success', ['streamed', 'hijacked']];
  return special.includes(http?.outcome) ? http.outcome : plain;
}

// codeOf is what stands beside the mark: the HTTP status, where there is one.
export const codeOf = (action) => (action.http?.code ? String(action.http.code) : '');

// labelOf is what a mark says to those who can't see it.
export function labelOf(action) {
  const outcome = outcomeOf(action);
  const words = action.status === 'failed' && outcome !== 'failed' ? `failed, ${outcome}` : outcome;
  return codeOf(action) ? `${words}, ${codeOf(action)}` : words;
}

// aboutOf is the rest of a line: the error, or else what was asked for.
export function aboutOf(action) {
  if (action.error) return action.error;
  if (!action.http) return '';
  const asked = `${action.http.method} ${action.http.path}`;
  return asked === action.action ? '' : asked;
}

// msOf is the duration in milliseconds, as exactly as it is known.
export const msOf = (action) => (action.durationNs ?? action.duration * 1e6) / 1e6;
