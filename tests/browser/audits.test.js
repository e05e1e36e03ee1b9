// A count from the phone that opens it to the commit that records what it found.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { is, times } from './lib/answers.js';
import { Phone, Register, launchHere } from './lib/counter.js';
import { FREE, HELD_BY_CLEO, RETIRED, atDesk, elements, formOf, forms, visible } from './lib/desk.js';
import { barriers, overflow, smallTargets } from './lib/looks.js';
import { none } from './lib/problems.js';
import { freePort } from './lib/program.js';

const LIMIT = { timeout: 120_000 };
const PLACES = '[studio]\nname = "Studio"\n[shelf-a]\nname = "Shelf A"\nwithin = "studio"\n'
  + '[shelf-b]\nname = "Shelf B"\nwithin = "studio"\n[van]\nname = "Van"\n';

describe('an audit on phones', () => {
  let folder;
  let base;
  let desk;
  let register;
  let browser;
  before(async () => {
    browser = await launchHere();
    folder = mkdtempSync(join(tmpdir(), 'tagbook-audits-'));
    const port = await freePort();
    base = `http://kit.test:${port}/`;
    register = new Register(folder, base, `${base}desk`);
    writeFileSync(join(register.folder, 'locations.toml'), PLACES);
    register.git('commit', '--quiet', '--all', '--message', 'places');
    register.git('push', '--quiet');
    register.tagbook('move', 'CAM-0002', '--location', 'van', '--by', 'ana');
    desk = await register.openDesk('--site', '--url', `${base}desk`, '--port', String(port));
  });
  after(async () => {
    desk?.kill();
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function enrolled(t, person, options) {
    const hand = await Phone.of(browser, options);
    t.after(() => hand.close());
    await hand.open(`${base}desk/enrol`);
    await hand.fill('The code that a keeper gave you', register.code(person));
    assert.equal(await hand.tap('Enrol this phone'), 200);
    return hand;
  }

  // The events of the newest commit: kind, place and note of each, by number.
  function newest() {
    const files = register.pull().git('show', '--format=', '--name-only', 'HEAD').split('\n').filter((path) => path.includes('/log/'));
    const event = (path) => {
      const text = readFileSync(join(register.folder, path), 'utf8');
      const value = (key) => new RegExp(`^${key} = "(.*)"$`, 'm').exec(text)?.[1];
      return [path.split('/')[2], [value('kind'), value('location'), value('audit'), value('note')].filter(Boolean).join(' ')];
    };
    return Object.fromEntries(files.map(event));
  }

  test('is opened, counted by anyone, and closed by a keeper, who records what it found in one commit', LIMIT, async (t) => {
    const keeper = await enrolled(t, 'ana');
    await keeper.open(`${base}desk/audits`);
    assert.match(await keeper.says(), /Nothing is being counted now/);
    await keeper.fill('What it is called', 'Q4');
    await keeper.choose('Where', 'Studio');
    await keeper.look('open audits');
    let commits = register.pull().commits();
    assert.equal(await keeper.tap('Begin to count'), 200);
    const slug = /desk\/audits\/(\d{4}-q4)$/.exec(keeper.page.url())[1];
    assert.equal(register.pull().commits(), commits + 1);
    assert.match(await keeper.says(), /0 of 5 seen · Counts what should be in Studio · by Ana/);
    const camera = keeper.page.getByRole('link', { name: 'Scan with the camera' });
    assert.equal(await camera.getAttribute('href'), `/scan/?audit=${slug}`);
    assert.equal(await keeper.page.getByRole('link', { name: 'Shelf B', exact: true }).getAttribute('href'), `/scan/?audit=${slug}&location=shelf-b`);
    await keeper.look('an audit that begins');

    // What the camera page brings: numbers, a place, and a tag that nobody knows.
    const member = await enrolled(t, 'ben');
    await member.open(`${base}desk/batch?kind=audit&audit=${slug}&location=shelf-b&numbers=CAM-0001+KIT-0001+ZH-040+SND-0001+ZH-040`);
    assert.match(await member.says(), /Unknown: ZH-040 It goes on the audit’s list/);
    assert.equal(await member.page.getByLabel('Numbers').inputValue(), 'CAM-0001\nKIT-0001\nSND-0001\nZH-040');
    await member.look('what was seen');
    commits = register.pull().commits();
    assert.equal(await member.tap('I see it here'), 200);
    await member.look('receipt of sightings');
    assert.match(await member.says(), /3 things recorded/);
    assert.equal(register.pull().commits(), commits + 1);
    const seen = `audit shelf-b ${slug}`;
    assert.deepEqual(newest(), { 'CAM-0001': seen, 'KIT-0001': seen, 'SND-0001': seen });
    const file = () => readFileSync(join(register.pull().folder, `audits/${slug}.toml`), 'utf8');
    assert.match(file(), /^unknown = \["ZH-040"\]$/m);

    // By hand, without a place, and without script: the van's camera is here after all.
    await member.tap('Back to the audit');
    assert.match(await member.says(), /3 of 5 seen.*Not seen yet \(2\).*CAM-0003.*SND-0002.*In the wrong place \(3\).*In no register \(1\)/);
    await member.look('an audit under way');
    const plain = await enrolled(t, 'ben', { javaScriptEnabled: false });
    await plain.open(`${base}desk/audits`);
    assert.equal(await plain.tap('Q4 · 3 of 5 seen'), 200);
    await plain.fill('Numbers', 'cam0002');
    assert.equal(await plain.tap('I see it here'), 200);
    assert.deepEqual(newest(), { 'CAM-0002': `audit ${slug}` });

    // Not everybody's business.
    commits = register.pull().commits();
    assert.doesNotMatch(await member.says(), /Close the audit/);
    assert.equal((await member.open(`${base}desk/audits/${slug}/close`)).status(), 403);
    const post = (path, body) => member.page.evaluate(async ([url, text]) => (await fetch(url, {
      method: 'POST', body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })).status, [`${base}desk/${path}`, body]);
    assert.equal(await post(`audits/${slug}/close`, 'apply=yes'), 403);
    assert.equal(await post('audits', 'title=Mine'), 403);
    assert.equal(register.pull().commits(), commits);

    await keeper.open(`${base}desk/audits/${slug}`);
    await keeper.tap('Close the audit');
    assert.match(await keeper.says(), /Close Q4\?.*missing \(2\).*CAM-0003.*SND-0002.*moved to Studio.*CAM-0002/);
    await keeper.look('an audit to be closed');
    assert.equal(await keeper.tap('Close it and record this'), 200);
    assert.equal(keeper.page.url(), `${base}desk/audits/${slug}`);
    await keeper.look('an audit that is closed');
    assert.match(await keeper.says(), /3 of 5 seen.*Missing \(2\)/);
    assert.doesNotMatch(await keeper.says(), /Record what it found|I see it here/);
    assert.equal(register.pull().commits(), commits + 1);
    const note = `audit ${slug}:`;
    assert.deepEqual(newest(), {
      'CAM-0002': `move studio ${note} seen here`, 'CAM-0003': `missing ${note} not seen`, 'SND-0002': `missing ${note} not seen`,
    });
    assert.equal(register.git('log', '-1', '--format=%s'), `close audit ${slug}: 2 missing, 1 moved`);
    assert.match(file(), /^closed = \d{4}-/m);
    assert.equal(register.tagbook('check', '--format', 'json').split('\n').filter((line) => /"error"/.test(line)).length, 0);
    assert.match(register.tagbook('audits', 'show', slug), /3 of 5 seen/);

    // The report on the site, and the event's way to it.
    await keeper.open(`${base}audits/${slug}/`);
    await keeper.look('report');
    assert.match(await keeper.says(), /Missing \(2\).*In the wrong place \(3\).*seen in Studio › Shelf B by Ben; by the register in Studio › Shelf A.*Not expected \(1\).*In no register \(1\)/);
    await keeper.open(`${base}CAM-0001/`);
    assert.equal(await keeper.page.locator('.log').getByRole('link', { name: 'Q4' }).getAttribute('href').then((href) => new URL(href, keeper.page.url()).pathname), `/audits/${slug}/`);
    none([...keeper.flaws, ...member.flaws.filter((flaw) => !/status of 403/.test(flaw)), ...plain.complaints]);
  });

  test('an open audit says so on the site, and leads to the desk; on a narrow screen nothing sticks out', LIMIT, async (t) => {
    const keeper = await enrolled(t, 'ana');
    await keeper.open(`${base}desk/audits`);
    await keeper.fill('What it is called', 'Everything that there is');
    assert.equal(await keeper.tap('Begin to count'), 200);
    // The site is built anew beside the desk.
    const deadline = Date.now() + 20_000;
    do await keeper.open(`${base}audits/`); while (!/Everything/.test(await keeper.says()) && Date.now() < deadline);
    assert.match(await keeper.says(), /Everything that there is open since .* · 0 of \d seen open/);
    await keeper.look('list of audits');
    await keeper.tap('Everything that there is');
    assert.match(await keeper.says(), /open since.*0 of \d+ seen · Counts everything/);
    await keeper.look('report of an open audit');
    assert.equal(await keeper.tap('Go on counting'), 200);
    const found = [];
    await keeper.page.setViewportSize({ width: 320, height: 640 });
    for (const path of ['desk/audits', 'audits/', new URL(keeper.page.url()).pathname.slice(1)]) {
      await keeper.open(base + path);
      found.push(...await overflow(keeper.page, 320), ...await smallTargets(keeper.page, null), ...await barriers(keeper.page));
    }
    none([...found, ...keeper.flaws]);
  });
});

// Cameras at home on the shelf are what the audit expects: all that are free, and some that are not.
const AUDIT = { files: { 'audits/2026-q4.toml': '# Twice a year.\ntitle = "Q4" # the last\nlocation = "shelf"\nopened = 2026-11-02T08:00:00Z\nby = "ana"\n' } };
const batch = (numbers, more = {}) => ({ kind: 'audit', audit: '2026-q4', location: 'shelf', numbers, nonce: 'n1', ...more });

test('programs open, count and close an audit', atDesk({}, async (desk) => {
  const { json: opened } = await desk.records(1, async () => is(await desk.post('audits', { title: 'Spring', category: 'camera' }, { as: 'ana' }), 200));
  const slug = opened.audit;
  assert.match(slug, /^\d{4}-spring$/);
  const listed = is(await desk.get('audits', { headers: { accept: 'application/json' } }), 200).json;
  assert.deepEqual(listed.audits.map(({ audit, seen, category }) => [audit, seen, category]), [[slug, 0, 'camera']]);
  await desk.records(1, async () => is(await desk.post('batch', { kind: 'audit', audit: slug, numbers: `${FREE[0]} ${HELD_BY_CLEO} ${RETIRED}` }), 200));
  const report = is(await desk.get(`audits/${slug}.json`), 200).json;
  assert.deepEqual([report.ok, report.found.map(({ number }) => number)], [true, [FREE[0]]]);
  assert.deepEqual(report.unexpected.map(({ number, why }) => [number, why]), [[RETIRED, 'retired'], [HELD_BY_CLEO, 'with cleo']]);
  assert.equal(report.seen + report.not_yet_seen.length, report.expected);
  const plan = is(await desk.get(`audits/${slug}/close`, { as: 'ana', headers: { accept: 'application/json' } }), 200).json;
  assert.equal(plan.missing.length, report.not_yet_seen.length);
  assert.deepEqual(plan.left.map(({ number, code }) => [number, code]), [[RETIRED, 'retired'], [HELD_BY_CLEO, 'held']]);
  const { json: closed } = await desk.records(1, async () => is(await desk.post(`audits/${slug}/close`, { apply: 'yes', mark: plan.mark }, { as: 'ana' }), 200));
  assert.deepEqual(closed.events.map(({ number }) => number), plan.missing);
  await desk.recordsNothing(async () => {
    const again = is(await desk.post(`audits/${slug}/close`, { apply: 'yes' }, { as: 'ana' }), 200).json;
    assert.deepEqual([again.ok, again.commit, again.events], [true, null, []]);
  });
}));

test('what a camera sees is recorded once, and tags that nobody knows stand on the list once', atDesk(AUDIT, async (desk) => {
  const { json } = await desk.records(1, async () => is(await desk.post('batch', batch(`${FREE[0]} HTTPS://KIT.EXAMPLE.ORG/${FREE[1]} zh-040 ZH-040 4006381333931`)), 200));
  assert.deepEqual([json.events.length, json.unknown, json.refusals], [2, ['ZH-040', '4006381333931'], []]);
  await desk.recordsNothing(async () => {
    const again = is(await desk.post('batch', batch(`${FREE[0]} HTTPS://KIT.EXAMPLE.ORG/${FREE[1]} zh-040 ZH-040 4006381333931`)), 200).json;
    assert.deepEqual(again.events.map(({ event }) => event), json.events.map(({ event }) => event));
  });
  await desk.records(1, async () => is(await desk.post('batch', batch('zh-041 zh-040', { nonce: 'n2' })), 200));
  await desk.records(3, () => times(3, async (n) => is(await desk.post('batch', batch(`BOX-${n} ${FREE[5 + n]}`, { nonce: `b${n}` })), 200)));
  const file = readFileSync(join(desk.copy(), 'audits/2026-q4.toml'), 'utf8');
  assert.match(file, /^# Twice a year\.\ntitle = "Q4" # the last\n/);
  const unknown = /^unknown = \[(.*)\]$/m.exec(file)[1].split(', ').map((tag) => tag.slice(1, -1));
  assert.deepEqual(unknown.slice(0, 3), ['ZH-040', '4006381333931', 'ZH-041']);
  assert.deepEqual(unknown.slice(3).sort(), ['BOX-0', 'BOX-1', 'BOX-2']);
}));

test('what a closed audit found is recorded wherever things have gone since, as it was confirmed', atDesk(AUDIT, async (desk) => {
  is(await desk.post('batch', batch(FREE.slice(0, 2).join(' '), { location: 'studio' })), 200);
  is(await desk.post('audits/2026-q4/close', { apply: 'no' }, { as: 'ana' }), 200);
  // One that was not seen, and one that was seen elsewhere, go out of the audit's place.
  is(await desk.post(`${FREE[5]}/have`, { nonce: 'n5' }), 200);
  is(await desk.post(`${FREE[0]}/have`, { nonce: 'n6' }), 200);
  const { hidden } = formOf(is(await desk.get('audits/2026-q4/close', { as: 'ana' }), 200).text, 'audits/2026-q4/close');
  await desk.records(1, async () => is(await desk.submit('audits/2026-q4/close', { ...hidden, apply: 'yes' }, { as: 'ana' }), 303));
  const events = desk.events();
  const of = (number) => events.findLast((event) => event.number === number).kind;
  assert.deepEqual([of(FREE[0]), of(FREE[1]), of(FREE[5]), of(FREE[6])], ['checkout', 'audit', 'checkout', 'missing']);
}));

test('a form shows what was scanned, whatever is wrong with it', atDesk(AUDIT, async (desk) => {
  await desk.recordsNothing(async () => {
    const page = is(await desk.get(`batch?kind=audit&audit=2026-q4&location=studio&numbers=${FREE[0]}+%3Cb%3E&condition=`), 200);
    const { values, hidden } = formOf(page.text, 'batch');
    assert.deepEqual([values.numbers.trim(), hidden.audit, hidden.kind], [`${FREE[0]}\n<b>`, '2026-q4', 'audit']);
    const chosen = elements(page.text).filter(({ name, attributes }) => name === 'option' && 'selected' in attributes).map(({ attributes }) => attributes.value);
    assert.deepEqual(chosen, ['studio']);
    assert.equal(page.headers['set-cookie'], undefined, 'the basket is left alone');
    const wrong = is(await desk.submit('batch', batch(FREE[0], { location: 'a b' })), 422);
    assert.equal(formOf(wrong.text, 'batch').values.numbers.trim(), FREE[0]);
    is(await desk.submit('batch', batch(FREE[0], { location: 'the-moon' })), 409, 422);
    is(await desk.post('batch', batch(FREE[0], { audit: '2025-q1' })), 422);
    is(await desk.submit('batch', batch(FREE[0], { audit: '2025-q1' })), 422);
    is(await desk.get(`batch?kind=audit&audit=2025-q1&numbers=${FREE[0]}`), 404);
    is(await desk.post('batch', batch('')), 422);
    for (const path of ['audits/2025-q1', 'audits/../people', 'audits/2026-q4/apply', 'audits/2026-q4/close/now']) is(await desk.get(path, { as: 'ana' }), 404);
  });
}));

test('only keepers open, close and apply; strangers see nothing', atDesk(AUDIT, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const [path, fields] of [['audits', { title: 'Q1' }], ['audits/2026-q4/close', { apply: 'yes' }]]) {
      is(await desk.post(path, fields, { as: 'ben' }), 403);
      is(await desk.submit(path, fields, { as: 'ben' }), 403);
      is(await desk.post(path, fields, { as: null }), 401);
      is(await desk.submit(path, fields, { as: 'ana', headers: { origin: 'https://evil.example' } }), 403);
      is(await desk.post(path, { ...fields, colour: 'red' }, { as: 'ana' }), 400);
      is(await desk.post(path, { ...fields, by: 'ben' }, { as: 'ana' }), 403);
    }
    is(await desk.get('audits/2026-q4/close', { as: 'ben' }), 403);
    for (const path of ['audits', 'audits/2026-q4', 'audits/2026-q4/close', 'audits/2026-q4.json']) {
      const page = await desk.get(path, { as: null });
      is(page, 401);
      assert.doesNotMatch(page.text, /Q4|Camera CAM/);
    }
    const member = visible(is(await desk.get('audits', { as: 'ben' }), 200).text);
    assert.match(member, /Q4/);
    assert.deepEqual(forms(is(await desk.get('audits', { as: 'ben' }), 200).text), []);
    is(await desk.post('audits', { title: 'q4', location: 'shelf' }, { as: 'ana' }), 200, 422);
    is(await desk.post('audits/2026-q4/close', { apply: 'perhaps' }, { as: 'ana' }), 422);
    is(await desk.post('audits/2025-q1/close', { apply: 'yes' }, { as: 'ana' }), 404);
  });
}));

test('what is wrong with a new audit is said, and what was typed stays', atDesk(AUDIT, async (desk) => {
  await desk.recordsNothing(async () => {
    for (const [fields, field] of [[{ title: ' ' }, 'title'], [{ title: 'Q9', location: 'moon' }, 'location'], [{ title: 'a\u202eb' }, 'title'], [{ title: 'Q4 2026' }, 'title']]) {
      const page = is(await desk.submit('audits', { category: 'camera', ...fields }, { as: 'ana' }), 422);
      assert.ok(elements(page.text).some(({ attributes }) => attributes.name === field && attributes['aria-invalid'] === 'true'), field);
      const chosen = elements(page.text).filter(({ name, attributes }) => name === 'option' && 'selected' in attributes).map(({ attributes }) => attributes.value);
      assert.ok(chosen.includes('camera'), 'what was chosen stays');
    }
  });
}));

test('what a keeper confirmed is what is recorded, all of it or nothing', atDesk(AUDIT, async (desk) => {
  const { hidden } = formOf(is(await desk.get('audits/2026-q4/close', { as: 'ana' }), 200).text, 'audits/2026-q4/close');
  await desk.records(1, async () => is(await desk.post('batch', batch(FREE.slice(0, 48).join(' '))), 200));
  await desk.recordsNothing(async () => {
    const page = is(await desk.submit('audits/2026-q4/close', { ...hidden, apply: 'yes' }, { as: 'ana' }), 409);
    assert.match(visible(page.text), /Something happened in the meantime/);
    is(await desk.post('audits/2026-q4/close', { mark: hidden.mark, apply: 'yes' }, { as: 'ana' }), 409);
  });
  const fresh = formOf(is(await desk.get('audits/2026-q4/close', { as: 'ana' }), 200).text, 'audits/2026-q4/close').hidden;
  const answers = await desk.records(1, () => times(4, () => desk.submit('audits/2026-q4/close', { ...fresh, apply: 'yes' }, { as: 'ana' })));
  assert.equal(answers.filter(({ status }) => status === 303).length, 1, 'the others are told that something happened');
  const missing = desk.events().filter(({ kind }) => kind === 'missing');
  assert.equal(new Set(missing.map(({ batch: of }) => of)).size, 1);
  assert.ok(missing.some(({ number }) => number === FREE[49]) && missing.every(({ number }) => !FREE.slice(0, 48).includes(number)));
}));
