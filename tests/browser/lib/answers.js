// What answers of the desk say, and what the register says of it.
import assert from 'node:assert/strict';
import { FREE, ago, visible } from './desk.js';

export const CAMERA = FREE[0];
export const CODE = '7k2m-4tzq-9d0x';
export const STRANGERS = { desk: 'anonymous_reports = true' };

export const times = (count, make) => Promise.all(Array.from({ length: count }, (_, index) => make(index)));
export const ids = (answers) => answers.filter(({ status }) => status === 200).map(({ json: { event: id } }) => id);
export const counted = (all) => [...all].sort().reduce((counts, one) => ({ ...counts, [one]: (counts[one] ?? 0) + 1 }), {});
export const answered = ({ status, text }) => `${status} ${(text.startsWith('<') ? visible(text).replace(/\s+/g, ' ') : text).slice(0, 600)}`;

export function is(answer, ...statuses) {
  assert.ok(statuses.includes(answer.status), `${statuses.join(' or ')} was due, came: ${answered(answer)}`);
  return answer;
}

// Every id once in the register.
export function once(desk, all) {
  const recorded = counted(desk.events().map(({ id }) => id));
  for (const id of all) assert.equal(recorded[id], 1, `event ${id}`);
  assert.equal(new Set(all).size, all.length, 'two answers name one event');
}

// Two answers have times and nonces of their own.
export const timeless = (text) => text.replace(/<time .*?<\/time>|value="[0-9a-f]{20}"|value="\d{10}"/g, '');

// The minutes that a stranger's form has been open.
export const began = (minutes) => String(Math.floor(Date.parse(ago(minutes)) / 1000));
