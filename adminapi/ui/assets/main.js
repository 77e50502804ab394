import { getActionStats, getRecentActions } from '../client.js';

const summary = document.querySelector('#summary');
try {
  const [stats, actions] = await Promise.all([getActionStats(), getRecentActions(20)]);
  summary.textContent = `${stats.total} actions, ${stats.failed} of them failed`;
  for (const { timestamp, service, action, status } of actions) {
    const item = document.createElement('li');
    item.textContent = `${timestamp} ${service} ${action}: ${status}`;
    document.querySelector('#recent').append(item);
  }
} catch (error) {
  summary.textContent = error.message;
}
