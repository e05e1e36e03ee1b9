// From a job's page to the desk: what is reserved is handed out, what is out is brought back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { is } from './lib/answers.js';
import { FREE, atDesk, day, elements, event, formOf, visible } from './lib/desk.js';

const [ONE, TWO] = FREE;
const JOB = { 'jobs/nord.toml': `title = "Nord <film>"\nfrom = ${day(-1)}\nuntil = ${day(3)}\nlead = "ana"\n` };
const reserved = (number, id) => event(number, id, 60, 'reserve', 'ana', `for = "cleo"\nfrom = ${day(-1)}\nuntil = ${day(3)}\njob = "nord"\n`);
const RESERVED = { ...JOB, ...reserved(ONE, 'rsrv0001'), ...reserved(TWO, 'rsrv0002') };

// What is chosen where one of several can be; nothing where it is not asked.
function chosen({ text }, name) {
  const select = elements(text).find(({ name: of, attributes }) => of === 'select' && attributes.name === name);
  const options = select && elements(select.node).filter(({ name: of }) => of === 'option');
  return options?.find(({ attributes }) => 'selected' in attributes)?.attributes.value ?? (select ? '' : undefined);
}

test('what is reserved for a job is handed out for it, to whom it is reserved for', atDesk({ files: RESERVED }, async (desk) => {
  const page = is(await desk.get(`batch?numbers=${ONE}+${TWO}&kind=checkout&job=nord&to=cleo`), 200);
  const asked = { job: chosen(page, 'job'), to: chosen(page, 'to') };
  assert.deepEqual(asked, { job: 'nord', to: 'cleo' });
  assert.match(page.text, /<button[^>]*value="checkout"[\s\S]*<button[^>]*value="back"/, 'the likeliest first');
  assert.ok(visible(page.text).includes('Nord <film>'));
  await desk.records(1, async () => is(await desk.submit('batch', { ...formOf(page.text, 'batch').values, ...asked, kind: 'checkout' }), 200));
  for (const number of [ONE, TWO]) {
    const state = is(await desk.get(`${number}.json`), 200).json;
    assert.deepEqual([state.status, state.custodian, state.job, state.reservations], ['checked-out', 'cleo', 'nord', []]);
  }
  const back = is(await desk.get(`batch?numbers=${ONE}+${TWO}&kind=back`), 200);
  assert.match(back.text, /<button[^>]*value="back"[\s\S]*<button[^>]*value="have"/, 'the likeliest first');
  await desk.records(1, async () => is(await desk.submit('batch', { ...formOf(back.text, 'batch').values, kind: 'back' }), 200));
  assert.equal(is(await desk.get(`${TWO}.json`), 200).json.status, 'available');
}));

test('what is reserved for somebody else is refused, and said', atDesk({ files: RESERVED }, async (desk) => {
  const refused = is(await desk.submit('batch', { numbers: `${ONE} ${TWO}`, kind: 'checkout', job: 'nord', to: 'ben' }), 409);
  assert.match(visible(refused.text), /reserved for Cleo/);
}));

test('a job that there is not is not chosen, and a kind that there is not does nothing', atDesk({ files: JOB }, async (desk) => {
  assert.equal(chosen(is(await desk.get(`batch?numbers=${ONE}&kind=explode&job=nonesuch`), 200), 'job'), '');
  assert.match(is(await desk.get(`batch?numbers=${ONE}&kind=explode`), 200).text, /<button[^>]*value="have"/);
  assert.equal(chosen(is(await desk.get(`batch?numbers=${ONE}`), 200), 'job'), '', 'asked, and none is chosen');
}));
