// What lies between two moments: desks that know old news, answers that are lost, and desks that are started again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CAMERA, CODE, STRANGERS, is, times } from './lib/answers.js';
import {
  FORM, FREE, ORIGIN, URL_OF_DESK, atDesk, camera, code, cookie, elements, encoded, event, folder,
  formOf, host, person, phone, sha256, visible,
} from './lib/desk.js';
import { freePort, start, tagbook } from './lib/program.js';

// --- a desk that knows old news ------------------------------------------------------------------

const TYPED = 'typed while the phone was being revoked';
const DAN = { ...person('dan', 'Dan Weiss'), ...event(FREE[3], 'danhas01', 1, 'checkout', 'dan', 'to = "dan"\n') };

// Revokes someone's phone at the first of two desks, when the second has just heard from the remote and does not hear of it.
async function revokeElsewhere(desk, [first, second], as) {
  is(await desk.post(`${FREE[9]}/note`, { note: `before ${as}` }, { as: 'ana', port: second }), 200);
  await desk.records(1, async () => is(await desk.post('revoke', { phone: `${as[0]}001` }, { as: 'ana', port: first }), 200));
  is(await desk.get('me', { as, port: second }), 200);
}

test('a phone that was revoked at another desk records nothing more, and what was typed is kept', atDesk({ remote: true, files: DAN }, async (desk, t) => {
  const ports = [desk.port, await desk.open([], desk.repository)];
  for (const [what, as, path, fields] of [
    ['a motion', 'ben', `${CAMERA}/have`, { note: TYPED }],
    ['a basket', 'cleo', 'batch', { numbers: `${FREE[1]} ${FREE[2]}`, kind: 'have', note: TYPED }],
    ['an undo', 'dan', `${FREE[3]}/void`, { of: 'danhas01', note: TYPED }],
  ]) {
    await t.test(`${what} by a phone that was revoked at another desk is not recorded`, async () => {
      await revokeElsewhere(desk, ports, as);
      const page = await desk.recordsNothing(async () => is(await desk.submit(path, fields, { as, port: ports[1] }), 401));
      const { hidden } = formOf(page.text, 'enrol');
      assert.equal(hidden.then, path);
      for (const [name, value] of Object.entries(fields)) assert.equal(hidden[`keep.${name}`], value);
    });
  }
}));

test('a program with a phone that was revoked at another desk is told to enrol', atDesk({ remote: true }, async (desk) => {
  const ports = [desk.port, await desk.open([], desk.repository)];
  await revokeElsewhere(desk, ports, 'ben');
  const { json: answer } = await desk.recordsNothing(async () => is(await desk.post(`${CAMERA}/have`, {}, { port: ports[1] }), 401));
  assert.equal(answer.ok, false);
  assert.match(answer.refusal.message, /enrol/);
}));

// --- a phone that asks ---------------------------------------------------------------------------

test('a phone that a keeper approves again and again is enrolled once, and works', atDesk({}, async (desk) => {
  const asked = is(await desk.submit('ask', { name: 'Dora Neu' }, { as: null }), 200);
  const own = { cookie: asked.headers['set-cookie'].map((each) => each.split(';')[0]).join('; ') };
  const link = elements(asked.text).map(({ attributes }) => attributes.href ?? '').find((href) => href.includes('/approve?')).replace(ORIGIN, '');
  const { hidden } = formOf(is(await desk.get(link, { as: 'ana' }), 200).text, 'approve');
  const approve = (who) => desk.submit('approve', { ...hidden, person: who }, { as: 'ana' });
  await desk.recordsNothing(async () => is(await desk.submit(`${CAMERA}/have`, {}, { headers: own }), 401));
  await desk.records(1, async () => {
    for (const answer of await times(2, () => approve('+'))) is(answer, 200);
    for (const who of ['+', 'ben']) assert.match(visible(is(await approve(who), 200).text), /approved before/i);
    is(await desk.get(link, { as: 'ana' }), 200);
    is(await desk.post('approve', { ...hidden, person: '+' }, { as: 'ana' }), 200);
  });
  await desk.records(1, async () => is(await desk.submit(`${CAMERA}/have`, {}, { headers: own }), 303));
  assert.deepEqual(desk.events(CAMERA).map(({ by, to }) => [by, to]), [['dora-neu', 'dora-neu']]);
  const added = desk.paths().filter((path) => path.includes('dora'));
  assert.deepEqual(added.map(dirname), ['people', 'phones/dora-neu']);
}));

// --- a desk that is started again ----------------------------------------------------------------

const startedAt = (remote, clone, ...more) => ['desk', '--remote', remote, '--clone', clone, '--url', URL_OF_DESK, ...more];

test('a desk does not begin in a clone of something else, and says what to do', atDesk({ remote: true }, async (desk, t) => {
  const [clone] = desk.clones;
  const other = join(desk.home, 'other.git');
  desk.git(desk.home, 'clone', '--quiet', '--bare', desk.repository, other);
  desk.git(desk.repository, 'branch', 'other', 'main');
  desk.kill();
  const before = desk.git(clone, 'for-each-ref');
  for (const [what, args] of [
    ['another repository', startedAt(other, clone)],
    ['another branch', startedAt(desk.repository, clone, '--branch', 'other')],
  ]) {
    await t.test(`a desk of ${what} does not begin there`, () => {
      const { status, stdout, stderr } = spawnSync(tagbook(), args, { cwd: desk.home, env: desk.env, encoding: 'utf8', timeout: 20_000 });
      assert.ok(status > 0, `it ended with ${status}:\n${stdout}${stderr}`);
      assert.ok(stderr.includes(`${clone}\` is no bare clone of this branch of the remote`), stderr);
      assert.match(stderr, /remove it, or name another folder with --clone/);
      assert.equal(stdout, '');
      assert.equal(desk.git(clone, 'for-each-ref'), before);
    });
  }
}));

test('a desk that is started again in its own clone goes on with what the remote has now', atDesk({ remote: true }, async (desk) => {
  const [clone] = desk.clones;
  is(await desk.post(`${CAMERA}/have`), 200);
  for (const more of [[], ['--branch', 'main'], ['--branch', 'refs/heads/main']]) {
    desk.kill();
    const work = desk.clone();
    writeFileSync(join(work, folder(FREE[1]), 'asset.toml'), Object.values(camera(FREE[1], `serial = "S-${more.join('')}"\n`))[0]);
    desk.git(work, 'commit', '--quiet', '--all', '--message', 'a serial number, while the desk was away');
    desk.git(work, 'push', '--quiet');
    desk.port = await freePort();
    desk.running.push(await start(startedAt(desk.repository, clone, '--port', String(desk.port), ...more), { cwd: desk.home, env: desk.env }));
    await desk.records(1, async () => {
      const { json: answer } = is(await desk.post(`${CAMERA}/note`, { note: `again ${more}` }), 200);
      assert.equal(answer.state.custodian, 'ben');
      assert.equal(answer.commit, desk.newest('%H'));
    });
  }
}));

// --- an answer that is lost ----------------------------------------------------------------------

// Sends what a browser would, and hangs up without having read an answer.
async function lose(desk, path, fields, until) {
  const headers = { 'content-type': FORM, accept: 'text/html', origin: ORIGIN, ...cookie('ben') };
  const asking = request({ host: '127.0.0.1', port: desk.port, method: 'POST', path: `/desk/${path}`, headers, agent: false });
  asking.on('error', () => {});
  asking.end(encoded(fields));
  await once(asking, 'finish');
  await until();
  asking.destroy();
}

for (const [when, moment] of [
  ['at once', () => () => {}],
  ['when it is recorded', (desk) => {
    const before = desk.commits();
    return async () => {
      for (const end = Date.now() + 20_000; desk.commits() === before; await wait(20)) assert.ok(Date.now() < end, 'it is not recorded');
    };
  }],
]) {
  test(`a form whose sender hangs up ${when} and sends it again is recorded once, with one receipt`, atDesk({ remote: true }, async (desk) => {
    const form = { ...await desk.hidden(`${CAMERA}/checkout`), to: 'ben' };
    await desk.records(1, async () => {
      await lose(desk, `${CAMERA}/checkout`, form, moment(desk));
      const [second, third] = [await desk.submit(`${CAMERA}/checkout`, form), await desk.submit(`${CAMERA}/checkout`, form)];
      assert.equal(is(third, 303).headers.location, is(second, 303).headers.location);
      is(await desk.get(second.headers.location.replace(ORIGIN, '')), 200);
    });
    const [{ id }, ...others] = desk.events(CAMERA);
    assert.equal(others.length, 0);
    assert.equal((await desk.submit(`${CAMERA}/checkout`, form)).headers.location, `${URL_OF_DESK}/receipt/${CAMERA}/${id}`);
  }));

  test(`a basket whose sender hangs up ${when} and sends it again is recorded once, with one receipt`, atDesk({ remote: true }, async (desk) => {
    const basket = { ...await desk.hidden('batch'), numbers: FREE.slice(0, 3).join(' '), kind: 'have' };
    await desk.records(1, async () => {
      await lose(desk, 'batch', basket, moment(desk));
      const page = visible(is(await desk.submit('batch', basket), 200).text);
      for (const number of FREE.slice(0, 3)) assert.ok(page.includes(number), number);
      const { json: answer } = is(await desk.post('batch', basket), 200);
      assert.deepEqual(answer.refusals, []);
      assert.deepEqual(answer.events.map(({ event: id }) => id).sort(), desk.events().filter(({ number }) => FREE.slice(0, 3).includes(number)).map(({ id }) => id).sort());
      assert.equal(answer.commit, desk.newest('%H'));
    });
  }));
}

// --- what a newer commit says ---------------------------------------------------------------------

const KIM = { 'people/kim.toml': 'name = "Kim Lang"\nrole = "keeper"\n', ...phone('kim') };

for (const [what, path, fields] of [
  ['approves', 'approve', { phone: sha256('evil'), name: 'Eve', person: 'ana' }],
  ['ends', 'revoke', { phone: 'c001' }],
]) {
  test(`a keeper whose phone was revoked at another desk ${what} no phone`, atDesk({ remote: true, files: KIM }, async (desk) => {
    const ports = [desk.port, await desk.open([], desk.repository)];
    await revokeElsewhere(desk, ports, 'kim');
    await desk.recordsNothing(async () => is(await desk.post(path, fields, { as: 'kim', port: ports[1] }), 401, 403));
  }));
}

test('a phone that was revoked at another desk is shown nothing once it was refused', atDesk({ remote: true }, async (desk) => {
  const ports = [desk.port, await desk.open([], desk.repository)];
  await revokeElsewhere(desk, ports, 'ben');
  is(await desk.post(`${CAMERA}/have`, {}, { port: ports[1] }), 401);
  is(await desk.get('me', { port: ports[1] }), 401);
}));

test('a desk that refuses what was taken at another desk shows where it is now', atDesk({ remote: true }, async (desk) => {
  const ports = [desk.port, await desk.open([], desk.repository)];
  is(await desk.post(`${FREE[9]}/note`, { note: 'so that it has just heard from the remote' }, { port: ports[1] }), 200);
  const { json: { event: taken } } = is(await desk.post(`${CAMERA}/checkout`, {}, { as: 'cleo', port: ports[0] }), 200);
  const page = is(await desk.submit(`${CAMERA}/checkout`, {}, { port: ports[1] }), 409);
  assert.match(visible(page.text), /Cleo has it/);
  assert.doesNotMatch(visible(page.text), /Available/);
  assert.equal(formOf(page.text, `${CAMERA}/checkout`).hidden.last, taken);
}));

test('a desk is started again with a remote that is named by a path from here', atDesk({}, async (desk) => {
  desk.kill();
  for (const round of [1, 2]) {
    desk.port = await freePort();
    desk.running.push(await start(startedAt('register.git', 'own.git', '--port', String(desk.port)), { cwd: desk.home, env: desk.env }));
    await desk.records(1, async () => is(await desk.post(`${CAMERA}/note`, { note: `round ${round}` }), 200));
    desk.kill();
  }
}));

test('a keeper who is none any more approves and ends nobody else\'s phone', atDesk({ files: KIM }, async (desk) => {
  is(await desk.get('me', { as: 'kim' }), 200);
  const work = join(desk.home, 'keepers-work');
  desk.git(desk.home, 'clone', '--quiet', desk.repository, work);
  writeFileSync(join(work, 'people/kim.toml'), 'name = "Kim Lang"\nrole = "member"\n');
  desk.git(work, 'commit', '--quiet', '--all', '--message', 'Kim is a member');
  desk.git(work, 'push', '--quiet', 'origin', 'HEAD:main');
  await desk.recordsNothing(async () => {
    is(await desk.post('approve', { phone: sha256('evil'), name: 'Eve', person: 'ana' }, { as: 'kim' }), 403);
    is(await desk.post('revoke', { phone: 'c001' }, { as: 'kim' }), 403, 404);
  });
}));

// --- kits in baskets -----------------------------------------------------------------------------

const stateOf = async (desk, number) => (await desk.post(`${number}/note`, { note: 'looked at', nonce: randomUUID() })).json.state;

test('all of a basket with a kit in it is taken back at once', atDesk({}, async (desk) => {
  const page = is(await desk.submit('batch', { numbers: `${CAMERA} KIT-0001`, kind: 'have' }), 200);
  const undo = formOf(page.text, 'batch').hidden;
  assert.equal(undo['item.KIT-0001'], 'void');
  await desk.records(1, async () => is(await desk.submit('batch', undo), 200));
  for (const number of [CAMERA, 'KIT-0001', 'CAM-0066', 'CAM-0067']) assert.equal((await stateOf(desk, number)).custodian, null);
}));

test('a kit that is broken is reported, and its part comes back', atDesk({}, async (desk) => {
  is(await desk.post('KIT-0001/have'), 200);
  const fates = { 'item.KIT-0001': 'broken', 'note.KIT-0001': 'the case is cracked', 'item.CAM-0066': 'back' };
  const { json } = is(await desk.post('batch', fates), 200);
  assert.deepEqual(json.refusals ?? [], []);
  const kit = await stateOf(desk, 'KIT-0001');
  assert.deepEqual([kit.custodian, kit.faults[0].note], ['ben', 'the case is cracked']);
  assert.equal((await stateOf(desk, 'CAM-0066')).custodian, null);
}));

test('a part of which nothing could be recorded stays where it is when its kit comes back', atDesk({}, async (desk) => {
  is(await desk.post('KIT-0001/have'), 200);
  const { json } = is(await desk.post('batch', { 'item.KIT-0001': 'back', 'item.CAM-0066': 'other' }), 200);
  assert.deepEqual(json.refusals.map(({ number }) => number), ['CAM-0066']);
  assert.equal((await stateOf(desk, 'CAM-0066')).custodian, 'ben');
  assert.equal((await stateOf(desk, 'CAM-0067')).custodian, null);
}));

// --- forms that come back ------------------------------------------------------------------------

test('a wrong day on the way back loses none of the ticks', atDesk({}, async (desk) => {
  for (const number of FREE.slice(0, 2)) is(await desk.post(`${number}/have`), 200);
  const page = await desk.recordsNothing(async () => is(await desk.submit('batch', {
    [`item.${FREE[0]}`]: 'other', [`to.${FREE[0]}`]: 'cleo', [`item.${FREE[1]}`]: 'mine', location: 'studio', due: '2001-02-31',
  }), 422));
  const chosen = [...page.text.matchAll(/value="([^"]+)" selected/g)].map(([, value]) => value);
  assert.deepEqual(chosen, ['other', 'cleo', 'mine', 'studio']);
  assert.match(page.text, /value="2001-02-31"/);
}));

test('what a phone with an unknown token reports is recorded once it is enrolled', atDesk({ ...STRANGERS, files: code('ben', CODE, 15) }, async (desk) => {
  const headers = cookie('nobody');
  const form = is(await desk.get(`${CAMERA}/report`, { as: null, headers }), 401);
  assert.doesNotMatch(form.text, /name="website"/);
  const waits = formOf(is(await desk.submit(`${CAMERA}/report`, { note: 'rattles', severity: 'minor', began: '1', website: '' }, { as: null, headers }), 401).text, 'enrol').hidden;
  await desk.records(2, async () => is(await desk.submit('enrol', { ...waits, code: CODE }, { as: null }), 200, 303));
  assert.equal(desk.events(CAMERA).at(-1).note, 'rattles');
}));

test('who has what is told by the days of the register, not of the machine', atDesk({
  files: { 'tagbook.toml': 'title = "Kit"\nbase_url = "https://kit.example.org/"\ntimezone = "Pacific/Kiritimati"\n' },
}, async (desk) => {
  // Fourteen hours ahead: here the day of the reservation has begun when it is tomorrow in Greenwich.
  const day = (ahead) => new Intl.DateTimeFormat('sv', { timeZone: 'Pacific/Kiritimati' }).format(Date.now() + ahead * 864e5);
  is(await desk.get('me'), 200);
  is(await desk.post(`${CAMERA}/reserve`, { for: 'cleo', from: day(1), until: day(3) }), 200);
  is(await desk.post(`${CAMERA}/have`), 200);
  const { json } = is(await desk.get('me.json'), 200);
  assert.ok(json.assets.some(({ number }) => number === CAMERA), JSON.stringify(json));
}));

test('a part that somebody else has stays with them when its kit is taken or brought back', atDesk({}, async (desk) => {
  is(await desk.post('CAM-0066/have', {}, { as: 'cleo' }), 200);
  const page = is(await desk.submit('batch', { numbers: `KIT-0001 ${CAMERA}`, kind: 'have' }), 200);
  assert.match(visible(page.text), /CAM-0066[^]*Cleo( Marchetti)? has it, and keeps it/);
  is(await desk.post('KIT-0001/back'), 200);
  assert.deepEqual(
    [(await stateOf(desk, 'CAM-0066')).custodian, (await stateOf(desk, 'CAM-0067')).custodian, (await stateOf(desk, 'KIT-0001')).custodian],
    ['cleo', null, null],
  );
  const form = formOf(is(await desk.get('KIT-0001/back'), 200).text, 'KIT-0001/back');
  assert.ok('with.CAM-0066' in form.values);
  is(await desk.submit('KIT-0001/have', { ...formOf((await desk.get('KIT-0001/have')).text, 'KIT-0001/have').values }), 303);
  assert.equal((await stateOf(desk, 'CAM-0066')).custodian, 'ben', 'whoever ticks it has it');
}));

test('all of a basket is taken back once, and no more', atDesk({}, async (desk) => {
  const taken = is(await desk.submit('batch', { numbers: `${CAMERA} ${FREE[3]}`, kind: 'have' }), 200);
  const undone = is(await desk.submit('batch', formOf(taken.text, 'batch').hidden), 200);
  assert.doesNotMatch(undone.text, /name="item\.[^"]+" value="void"/);
}));

test('whoever asked and loads the page again still sees what the keeper has to open', atDesk({}, async (desk) => {
  const asked = is(await desk.submit('ask', { name: 'Dora Neu' }, { as: null }), 200);
  const own = { cookie: asked.headers['set-cookie'].map((each) => each.split(';')[0]).join('; ') };
  const again = await desk.get('ask', { as: null, headers: own });
  assert.match(again.text, /approve\?phone=[0-9a-f]{64}/);
  assert.match(visible((await desk.get('ask', { as: null })).text), /enrol/i);
}));

test('a remote that says nothing holds up nobody who reads, and nothing is claimed', { timeout: 120_000 }, atDesk({}, async (desk, t) => {
  const remote = await host(t, desk.home);
  await desk.open([], `${remote.url}/register.git`);
  is(await desk.post(`${CAMERA}/note`, { note: 'so that there is news' }), 200);
  remote.isSilent = true;
  await wait(10_500);
  const began = Date.now();
  const written = desk.post(`${CAMERA}/have`);
  await times(4, () => desk.get(CAMERA));
  is(await desk.get(CAMERA), 200);
  assert.ok(Date.now() - began < 8_000, `pages after ${Date.now() - began} ms`);
  is(await written, 503);
  remote.isSilent = false;
  is(await desk.post(`${CAMERA}/note`, { note: 'it is back' }), 200);
}));
