// Where there is no network: every thing is shown as it was, taps wait and are sent once, refusals are kept until thrown away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { parse as parseToml } from 'smol-toml';
import { PHONE } from './lib/browser.js';
import { CHROMIUM, Phone, Register, launchHere } from './lib/counter.js';
import { Line } from './lib/line.js';
import { barriers, overflow, paint, smallTargets } from './lib/looks.js';
import { none } from './lib/problems.js';
import { freePort, start } from './lib/program.js';

const LIMIT = { timeout: 180_000 };
const MINUTE = 60_000;

let browser;
before(async () => {
  browser = await launchHere();
});
after(() => browser?.close());

// A desk on the origin of its site, at the end of a line that can be cut. On this machine, where browsers let workers stand.
async function atDesk(t, prepare = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tagbook-offline-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const [port, to] = [await freePort(), await freePort()];
  const base = `http://127.0.0.1:${port}/`;
  const register = new Register(folder, base, `${base}desk`);
  prepare(register);
  const desk = await register.openDesk('--site', '--url', `${base}desk`, '--port', String(to));
  t.after(() => desk.kill());
  const line = await Line.open(port, to);
  t.after(() => line.cut());
  return { base, register, line, folder };
}

// A colleague's phone that has seen one page, and kept what it needs in the basement.
async function handOf(t, { base, register }, person, hand = null) {
  const own = hand ?? await Phone.of(browser);
  t.after(() => own.close().catch(() => {}));
  await register.enrol(own, base, person);
  await own.open(base);
  await readied(own);
  return own;
}

const readied = (hand) => until(hand, async () => Boolean(navigator.serviceWorker.controller && await caches.match('/tagbook.json')));

// Asks the page again and again, until it says yes.
async function until(hand, question, about) {
  const end = Date.now() + 20_000;
  while (!await hand.page.evaluate(question, about).catch(() => false)) {
    assert.ok(Date.now() < end, `never came: ${question}`);
    await wait(50);
  }
}

// What a page says, once it says this. What isolates names is not seen.
async function says(hand, pattern) {
  const said = async () => (await hand.page.locator('body').innerText()).replace(/\s+/g, ' ').replace(/[\u2068\u2069]/g, '');
  const end = Date.now() + 10_000;
  let text = '';
  while (Date.now() < end) {
    text = await said().catch(() => '');
    if (pattern.test(text)) return text;
    await wait(50);
  }
  return assert.match(text, pattern);
}

// The network is back, and the browser says so on the page that is open.
async function mended(line, ...pages) {
  await line.mend();
  await Promise.all(pages.map((page) => page.evaluate(() => dispatchEvent(new Event('online')))));
}

// Everything kept under an address of the site.
const keptIn = (hand) => hand.page.evaluate(async () => {
  const names = (await caches.keys()).filter((name) => !name.endsWith('shell'));
  const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return keys.flat().map(({ url }) => new URL(url).pathname);
});

// The events that the newest commits recorded, the oldest first.
function recorded(register, count) {
  const commits = register.git('log', `-${count}`, '--reverse', '--format=%H').split('\n');
  return commits.flatMap((commit) => {
    const files = register.git('show', '--name-only', '--format=', commit).split('\n').filter((path) => path.includes('/log/'));
    return files.flatMap((path) => parseToml(register.git('show', `${commit}:${path}`)).event);
  });
}

// Waits until there are so many commits.
async function counted(commits, count) {
  for (let tries = 0; tries < 100 && count() < commits; tries += 1) await wait(100);
  assert.equal(count(), commits);
}

// What the browser says of a page that it could not load is no fault of ours.
const flaws = (hand) => hand.flaws.filter((flaw) => !/Failed to load resource|ERR_|preloadResponse/.test(flaw));

// Looks at a page on screens of three sizes, in light and dark.
async function look(hand, name) {
  const found = [];
  for (const width of [320, 390, 1280]) {
    await hand.page.setViewportSize({ width, height: 844 });
    for (const scheme of ['light', 'dark']) {
      await paint(hand.page, scheme);
      const flawsHere = [...await overflow(hand.page, width), ...await smallTargets(hand.page, null), ...await barriers(hand.page)];
      found.push(...flawsHere.map((flaw) => `${name}, ${width} px, ${scheme}: ${flaw}`));
      if (process.env.TAGBOOK_SHOTS) await hand.page.screenshot({ path: join(process.env.TAGBOOK_SHOTS, `${name.replaceAll(' ', '-')}-${width}-${scheme}.png`), fullPage: true });
    }
  }
  await hand.page.setViewportSize(PHONE);
  await paint(hand.page, 'light');
  none(found);
}

test('a thing whose page was never open is shown as it was, with what belongs to it', LIMIT, async (t) => {
  const place = await atDesk(t, (register) => {
    register.tagbook('have', 'CAM-0001', '--by', 'ana', '--due', '2099-01-02', '--note', 'for Nord');
    register.tagbook('report', 'SND-0001', '--by', 'ana', '--severity', 'major', '--note', 'the <b>clip</b> is broken');
    register.tagbook('retire', 'CAM-0003', '--by', 'ana', '--method', 'sold');
  });
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}offline/`);
  await says(hand, /Nothing waits/);
  await hand.look('the page of what waits');
  await place.line.cut();

  await hand.open(`${place.base}CAM-0001/`);
  assert.match(await says(hand, /With Ana Ruiz until 2 Jan 2099/), /No network\. This is how it was .*CAM-0001 Sony FX3, body.*Belongs in Shelf A/);
  assert.equal(await hand.page.title(), 'CAM-0001 Sony FX3, body');
  assert.equal(await hand.page.locator('.now').getAttribute('data-status'), 'checked-out');
  assert.equal(await hand.page.locator('nav.do .first').innerText(), 'It’s back');
  await look(hand, 'a thing without a network');

  await hand.open(`${place.base}desk/SND-0001`);
  assert.match(await says(hand, /Wireless, A/), /fault.*the <b>clip<\/b> is broken major.*Part of KIT-0001 Interview kit.*Comes with 2 batteries, lavalier/);
  await look(hand, 'a broken thing without a network');

  await hand.open(`${place.base}KIT-0001`);
  assert.match(await says(hand, /Interview kit/), /In this kit SND-0001 Wireless, A .*SND-0002 Zoom H6/);
  await hand.open(`${place.base}CAM-0003`);
  await says(hand, /Retired on/);
  assert.deepEqual(await hand.page.locator('nav.do form').evaluateAll((forms) => forms.map(({ action }) => action.split('/').at(-1))), ['note']);

  await hand.open(`${place.base}CAM-0999`);
  await says(hand, /CAM-0999.* is not in the register/);
  await look(hand, 'an unknown thing without a network');
  await hand.open(`${place.base}people/`);
  await says(hand, /This page was not kept/);
  await look(hand, 'another page without a network');
  await hand.page.getByRole('combobox').fill('zoom');
  await hand.page.getByRole('option').first().tap();
  await says(hand, /SND-0002.*Zoom H6/s);
  // Pages that were open are kept as they are.
  await hand.open(place.base);
  assert.match(await says(hand, /No network/), /assets.*out with 1 person/);
  none(flaws(hand));
});

test('a tap waits where there is no network, and is sent once, with its time, by two tabs as by one', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  const commits = place.register.pull().commits();
  await hand.open(`${place.base}CAM-0002`);
  await until(hand, async () => Boolean(await caches.match('/CAM-0002')));
  await place.line.cut();
  const tapped = Date.now();
  await hand.tap('I have it now');
  assert.match(hand.page.url(), /\/offline\/\?kept=1$/);
  assert.match(await says(hand, /It waits on this phone/), /CAM-0002 Canon EOS R5, body I have it now Ben, tapped today \d\d:\d\d/);
  assert.equal(await hand.page.locator('#waits').innerText(), '1 waiting');
  await look(hand, 'what waits');
  // Tapped again on the page that is still open, it is the same tap.
  await hand.page.goBack();
  await says(hand, /1 waiting.*Waiting to be sent.*I have it now/);
  await hand.open(`${place.base}CAM-0002`);
  await says(hand, /Waiting to be sent/);
  assert.equal(await hand.page.locator('nav.do .first').innerText(), 'It’s back');
  await look(hand, 'a thing with a tap that waits');

  const other = await hand.context.newPage();
  await other.goto(`${place.base}CAM-0001/`);
  await wait(1500);
  await mended(place.line, hand.page, other);
  await says(hand, /Sent: I have it now, CAM-0002/);
  await other.reload();
  await hand.open(place.base);
  await wait(1000);
  assert.equal(await hand.page.locator('#waits').count(), 0);
  assert.equal(place.register.pull().commits(), commits + 1);
  const [event] = recorded(place.register, 1);
  assert.deepEqual([event.kind, event.by, event.to], ['checkout', 'ben', 'ben']);
  assert.ok(Math.abs(Date.parse(event.at) - tapped) < 1500, `${event.at} is not ${new Date(tapped).toISOString()}`);
  assert.equal(place.line.requests.filter((request) => request.startsWith('POST /desk/CAM-0002/')).length, 1);
  none(flaws(hand));
});

test('whoever taps on one kept page again and again has all of it recorded, in order', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}CAM-0002`);
  await wait(300);
  await place.line.cut();
  for (const words of ['I have it now', 'It’s back', 'I have it now']) {
    await hand.open(`${place.base}CAM-0001`);
    await says(hand, /No network/);
    await hand.tap(words);
  }
  for (const words of ['I see it here', 'I see it here']) {
    await hand.open(`${place.base}CAM-0002`);
    await hand.tap(words);
  }
  await says(hand, /5 waiting/);
  const commits = place.register.pull().commits();
  await mended(place.line, hand.page);
  await says(hand, /Sent: .*I see it here, CAM-0002/);
  assert.equal(place.register.pull().commits(), commits + 5);
  assert.deepEqual(recorded(place.register, 5).map(({ kind }) => kind), ['checkout', 'return', 'checkout', 'audit', 'audit']);
  assert.equal(place.register.states().get('CAM-0001').custodian, 'ben');
});

test('what the desk recorded before its answer was lost is not recorded again', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  const commits = place.register.pull().commits();
  await hand.open(`${place.base}CAM-0002`);
  place.line.losesReplyTo = /^POST \/desk\/CAM-0002\/have/;
  await hand.tap('I have it now');
  await says(hand, /Recorded|Sent: /);
  assert.equal(place.line.losesReplyTo, null, 'no answer was lost');
  await hand.open(place.base);
  assert.equal(await hand.page.locator('#waits').count(), 0);
  assert.equal(place.register.pull().commits(), commits + 1);
  assert.deepEqual(recorded(place.register, 1).map(({ kind }) => kind), ['checkout']);
  // Not even where something else has happened since.
  await hand.open(`${place.base}CAM-0001`);
  place.line.losesReplyTo = /^POST \/desk\/CAM-0001\/have/;
  const isLost = wait(100).then(() => place.line.cut());
  await hand.tap('I have it now');
  await isLost;
  await says(hand, /1 waiting/);
  place.register.pull().tagbook('back', 'CAM-0001', '--by', 'ana');
  await mended(place.line, hand.page);
  await says(hand, /Sent: I have it now, CAM-0001/);
  assert.equal(place.register.pull().commits(), commits + 3);
  none(flaws(hand));
});

test('what was typed without a network is not lost: a report, a basket', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}desk/batch`);
  await wait(300);
  await place.line.cut();
  await hand.open(`${place.base}desk/CAM-0001/report`);
  await says(hand, /What is wrong\?/);
  await hand.fill('What is wrong?', 'the “mount” is loose & rattles <i>');
  await hand.choose('How bad is it?', 'major');
  await hand.tap('Report a fault', hand.page.locator('form[action$=report]'));
  assert.match(await says(hand, /It waits/), /Report a fault the “mount” is loose & rattles <i> major/);
  await hand.open(`${place.base}desk/batch`);
  await hand.fill('Numbers', 'CAM-0002 CAM-0003 CAM-0777');
  await hand.tap('Take all of it');
  await says(hand, /2 waiting/);
  await look(hand, 'a report and a basket that wait');
  const commits = place.register.pull().commits();
  await mended(place.line, hand.page);
  assert.match(await says(hand, /1 refused/), /CAM-0777: .*there is no asset.*The rest was recorded/);
  assert.equal(place.register.pull().commits(), commits + 2);
  const states = place.register.states();
  assert.equal(states.get('CAM-0001').faults[0].note, 'the “mount” is loose & rattles <i>');
  assert.deepEqual(['CAM-0002', 'CAM-0003'].map((number) => states.get(number).custodian), ['ben', 'ben']);
  none(flaws(hand));
});

test('the scanner opens where there is no network, in the mode it was in', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await place.line.cut();
  await hand.open(`${place.base}scan/?mode=back`);
  await hand.page.locator('form[data-scanner].live [value=back]:checked').waitFor();
  await hand.page.reload();
  await hand.page.locator('form[data-scanner].live [value=back]:checked').waitFor();
  none(flaws(hand));
});

test('what was scanned where there is no network waits, and the list is done with once it is sent', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}scan/?mode=have`);
  await hand.page.evaluate(() => globalThis.tagbook.fetchTable());
  await place.line.cut();
  await hand.open(`${place.base}scan/?mode=have`);
  for (const number of ['CAM-0001', 'CAM-0002']) {
    await hand.page.getByLabel('Or type a number').fill(number);
    await hand.page.keyboard.press('Enter');
    await hand.page.locator('.scanned li').filter({ hasText: number }).waitFor();
  }
  await hand.tap('Take 2');
  await says(hand, /I have it now.*CAM-0001 Sony FX3, body.*CAM-0002 Canon EOS R5/);
  await look(hand, 'a list without a network');
  await hand.tap('Record all of it');
  await says(hand, /It waits on this phone.*I have it now/);
  // What waits is on the list no longer: what is scanned next is another list.
  await hand.open(`${place.base}scan/?mode=have`);
  await says(hand, /1 waiting.*Nothing scanned yet/);
  await hand.page.getByLabel('Or type a number').fill('CAM-0003');
  await hand.page.keyboard.press('Enter');
  await hand.page.locator('.scanned li').filter({ hasText: 'CAM-0003' }).waitFor();
  const commits = place.register.pull().commits();
  await mended(place.line, hand.page);
  await counted(commits + 1, () => place.register.pull().commits());
  assert.deepEqual(recorded(place.register, 1).map(({ kind, to }) => [kind, to]), [['checkout', 'ben'], ['checkout', 'ben']]);
  // The page of the scanner is open all the while, and says so.
  await says(hand, /Sent: I have it now, CAM-0001, CAM-0002.*Scanned 1,/);
  await hand.tap('Take 1');
  assert.equal(await hand.page.getByLabel('Numbers').inputValue(), 'CAM-0003');
  assert.deepEqual(await hand.page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes('done'))), []);
  none(flaws(hand));
});

test('a list is recorded once, however often it is sent; while nobody stands behind the proxy, it waits', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  const list = (kind, id) => `${place.base}desk/batch?kind=${kind}&numbers=CAM-0001+CAM-0002&scanned=${id}`;
  const commits = place.register.pull().commits();
  for (let time = 0; time < 2; time += 1) {
    await hand.open(list('have', 'm1abcdefgh'));
    await hand.tap('Take all of it');
    assert.equal(place.register.pull().commits(), commits + 1);
  }
  await place.line.refuse();
  await hand.open(list('back', 'm2abcdefgh'));
  await hand.tap('Record all of it');
  await says(hand, /It waits on this phone/);
});

test('what is thrown away while another is sent is not sent', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  for (const number of ['CAM-0001', 'CAM-0002']) {
    await hand.open(`${place.base}${number}`);
    await until(hand, async (path) => Boolean(await caches.match(path)), `/${number}`);
  }
  const commits = place.register.pull().commits();
  await place.line.cut();
  for (const number of ['CAM-0001', 'CAM-0002']) {
    await hand.open(`${place.base}${number}`);
    await hand.tap('I see it here');
    await says(hand, /It waits on this phone|waiting/);
  }
  place.line.lag = 2000;
  await mended(place.line, hand.page);
  const isSending = () => place.line.requests.some((request) => request.startsWith('POST /desk/CAM-0001/'));
  for (let tries = 0; tries < 200 && !isSending(); tries += 1) await wait(50);
  assert.ok(isSending(), 'the first was never sent');
  await hand.page.evaluate(() => navigator.serviceWorker.controller.postMessage({ do: 'drop', id: 2 }));
  await wait(8000);
  place.line.lag = 0;
  await counted(commits + 1, () => place.register.pull().commits());
  assert.equal(place.line.requests.filter((request) => request.startsWith('POST /desk/CAM-0002/')).length, 0);
  none(flaws(hand));
});

test('what was refused meanwhile is kept with the reason until it is thrown away, whatever becomes of the browser', LIMIT, async (t) => {
  const place = await atDesk(t);
  const { chromium } = await import('playwright-core');
  const profile = join(place.folder, 'profile');
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: execFileSync('sh', ['-c', CHROMIUM]).toString().trim(), chromiumSandbox: process.getuid?.() !== 0, args: ['--disable-gpu'],
      viewport: PHONE, isMobile: true, hasTouch: true, reducedMotion: 'reduce',
    });
    return Phone.with({ context, page: context.pages()[0] });
  };
  let hand = await handOf(t, place, 'ben', await open());
  await place.line.cut();
  await hand.open(`${place.base}CAM-0002`);
  await says(hand, /No network/);
  await hand.tap('I have it now');
  await says(hand, /1 waiting/);
  await wait(1000);
  place.register.pull().tagbook('retire', 'CAM-0002', '--by', 'ana', '--method', 'sold');
  const commits = place.register.commits();
  // A browser that was closed has kept what waits.
  await hand.close();
  hand = await open();
  t.after(() => hand.close().catch(() => {}));
  await hand.open(`${place.base}CAM-0002`);
  await says(hand, /Waiting to be sent/);
  await place.line.mend();
  await hand.open(`${place.base}offline/`);
  assert.match(await says(hand, /1 refused/), /CAM-0002 Canon EOS R5, body I have it now Ben, tapped today \d\d:\d\d Something was recorded since/);
  await look(hand, 'what was refused');
  await hand.page.reload();
  await says(hand, /1 refused/);
  await hand.open(`${place.base}CAM-0002`);
  assert.match(await says(hand, /1 refused/), /Retired on/);
  await look(hand, 'a thing of which something was refused');
  await hand.close();
  hand = await open();
  await hand.open(`${place.base}offline/`);
  await says(hand, /1 refused/);
  await hand.page.getByRole('button', { name: 'Send it again, as of now' }).tap();
  await says(hand, /It is retired since/);
  await hand.page.getByRole('button', { name: 'Throw it away', exact: true }).tap();
  await hand.page.getByRole('button', { name: 'Keep it' }).tap();
  await says(hand, /1 refused/);
  await hand.page.getByRole('button', { name: 'Throw it away', exact: true }).tap();
  await hand.page.getByRole('button', { name: 'Throw it away for good' }).tap();
  await says(hand, /Nothing waits/);
  await hand.page.reload();
  await says(hand, /Nothing waits/);
  await look(hand, 'nothing waits');
  assert.equal(place.register.pull().commits(), commits);
  await hand.close();
});

test('a phone that is nobody’s keeps nothing; one that is ended forgets, but for what waits', LIMIT, async (t) => {
  const place = await atDesk(t);
  const stranger = await Phone.of(browser);
  t.after(() => stranger.close());
  await stranger.open(`${place.base}CAM-0001/`);
  await stranger.open(place.base);
  await wait(1000);
  assert.deepEqual(await stranger.page.evaluate(async () => [await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length]), [[], 0]);
  for (const path of ['sw.js', 'snapshot.json', 'offline/']) {
    assert.equal(await stranger.page.evaluate(async (url) => (await fetch(url)).status, place.base + path), 404, path);
  }

  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}CAM-0001`);
  await place.line.cut();
  await hand.open(`${place.base}CAM-0002`);
  await says(hand, /No network/);
  await hand.tap('I have it now');
  await says(hand, /1 waiting/);
  assert.ok((await keptIn(hand)).includes('/snapshot.json'));
  const id = place.register.pull().git('log', '-1', '--format=', '--name-only', '--', 'phones').split('/').at(-1).replace('.toml', '');
  place.register.tagbook('phone', 'revoke', id);
  const commits = place.register.commits();
  await place.line.mend();
  await hand.open(`${place.base}CAM-0003`);
  assert.match(await says(hand, /1 waiting/), /kit@nord\.example/);
  await until(hand, async () => !await caches.match('/snapshot.json'));
  assert.deepEqual(await keptIn(hand), []);
  await hand.page.locator('#waits').tap();
  assert.match(await says(hand, /not enrolled any more/), /CAM-0002 Canon EOS R5, body I have it now/);
  await look(hand, 'a phone that was ended');
  assert.equal(place.register.pull().commits(), commits);
  // It has no network, and no register.
  await place.line.cut();
  await hand.open(`${place.base}CAM-0001`);
  assert.doesNotMatch(await says(hand, /kept nothing yet/), /Sony|Ana/);
  await place.line.mend();
  // Enrolled again, it sends what waits.
  await place.register.enrol(hand, place.base, 'ben');
  await counted(commits + 3, () => place.register.pull().commits());
  assert.equal(place.register.states().get('CAM-0002').custodian, 'ben');
  none(flaws(hand));
});

test('what one colleague tapped is not recorded as another’s, who has the phone by then', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}CAM-0003`);
  await until(hand, async () => Boolean(await caches.match('/CAM-0003')));
  await place.line.cut();
  await hand.open(`${place.base}CAM-0002`);
  await says(hand, /No network/);
  await hand.tap('I have it now');
  await hand.context.clearCookies();
  await place.line.mend();
  await place.register.enrol(hand, place.base, 'ana');
  const commits = place.register.pull().commits();
  await hand.open(`${place.base}offline/`);
  assert.match(await says(hand, /1 refused/), /Ben, tapped today.*not theirs/);
  assert.equal(place.register.pull().commits(), commits);
  // Nor is what he looked at shown to her.
  await until(hand, async () => !await caches.match('/CAM-0003'));
});

test('where the phone’s clock is wrong, the desk’s counts', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}CAM-0002`);
  await place.line.cut();
  const tapped = Date.now();
  await hand.tap('I have it now');
  // The phone is half an hour ahead of what it hears.
  place.line.minutesAhead = -30;
  await mended(place.line, hand.page);
  await says(hand, /Sent: /);
  const [event] = recorded(place.register.pull(), 1);
  assert.ok(Math.abs(Date.parse(event.at) - (tapped - 30 * MINUTE)) < 3000, event.at);
});

test('on a slow line a page that is kept is shown after a few seconds, and what is recorded is kept anew', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await handOf(t, place, 'ben');
  await hand.open(`${place.base}CAM-0001`);
  assert.match(await hand.says(), /Available/);
  // Somebody takes it; the register that is kept is told so.
  place.register.pull().tagbook('have', 'CAM-0001', '--by', 'ana');
  const head = place.register.head();
  await until(hand, async (commit) => (await (await fetch('/tagbook.json')).json()).commit === commit, head);
  await hand.page.evaluate(() => navigator.serviceWorker.controller.postMessage({ do: 'look' }));
  await until(hand, async (commit) => (await (await caches.match('/snapshot.json')).text()).includes(commit), head);
  place.line.lag = 8000;
  const began = Date.now();
  await hand.open(`${place.base}CAM-0001`);
  await says(hand, /No network/);
  assert.match(await hand.says(), /With Ana Ruiz/);
  const took = Date.now() - began;
  assert.ok(took > 2500 && took < 7000, `${took} ms`);
});

test('at a counter whoever taps says who they are, and can do so afterwards', LIMIT, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tagbook-offline-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const register = new Register(folder, 'https://kit.example.org/', 'https://kit.example.org/desk');
  register.git('config', 'tagbook.push', 'false');
  const [port, to] = [await freePort(), await freePort()];
  const options = { ...register.options, env: { ...register.options.env, GIT_AUTHOR_EMAIL: 'nobody@kit.example.org' } };
  const served = await start(['-C', register.folder, 'serve', '--port', String(to)], options);
  t.after(() => served.kill());
  const line = await Line.open(port, to);
  t.after(() => line.cut());
  const base = `http://127.0.0.1:${port}/`;
  const hand = await Phone.of(browser);
  t.after(() => hand.close());
  await hand.open(base);
  await readied(hand);
  await hand.open(`${base}desk/CAM-0002`);
  await wait(300);
  await line.cut();
  await hand.open(`${base}CAM-0001/`);
  await says(hand, /Who are you\?/);
  await look(hand, 'a thing at a counter without a network');
  await hand.choose('Who are you?', 'Ben');
  await hand.tap('I have it now');
  await says(hand, /Ben, tapped today/);
  await hand.open(`${base}desk/CAM-0002`);
  await hand.tap('I see it here');
  await says(hand, /2 waiting/);
  await hand.open(`${base}offline/`);
  await says(hand, /2 waiting.*Who are you/);
  await look(hand, 'who are you');
  await hand.choose('Who are you?', 'Ana');
  await hand.page.getByRole('button', { name: 'That is me' }).tap();
  await says(hand, /Ana, tapped today/);
  const commits = register.commits();
  await mended(line, hand.page);
  // The page is loaded again whenever the register has changed.
  await counted(commits + 2, () => register.commits());
  assert.deepEqual(recorded(register, 2).map(({ kind, by }) => `${by} ${kind}`), ['ben checkout', 'ana audit']);
  none(flaws(hand));
});

test('without scripts everything is as it was', LIMIT, async (t) => {
  const place = await atDesk(t);
  const hand = await Phone.of(browser, { javaScriptEnabled: false });
  t.after(() => hand.close());
  await place.register.enrol(hand, place.base, 'ben');
  await hand.open(`${place.base}CAM-0001`);
  assert.equal(await hand.tap('I have it now'), 200);
  assert.match(await hand.says(), /Recorded/);
  await hand.open(`${place.base}offline/`);
  assert.match(await hand.says(), /only shown with JavaScript/);
  none(flaws(hand));
});
