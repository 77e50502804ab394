// The server's clock, as far as it is known: relative times of a query count
// from it, and ages are told by it. Only a difference that shows is minded.
let offset = 0;

// setClock learns from an action that has just ended.
export function setClock(timestamp) {
  const difference = Date.parse(timestamp) - Date.now();
  offset = Math.abs(difference) > 5e3 ? difference : 0;
}

export const now = () => Date.now() + offset;
