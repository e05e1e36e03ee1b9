// The scanner: labels held before a camera come onto a list, which the desk records as one commit.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { DESKTOP } from './lib/browser.js';
import { Phone, Register, launchHere } from './lib/counter.js';
import { camera, labelOf, symbolOf } from './lib/film.js';
import { barriers, overflow, paint, smallTargets } from './lib/looks.js';
import { none } from './lib/problems.js';
import { freePort } from './lib/program.js';

const LIMIT = { timeout: 120_000 };
const THREE = ['CAM-0001', 'CAM-0002', 'CAM-0003'];
const AUDIT = { 'audits/2026-q4.toml': 'title = "Fourth quarter"\nlocation = "shelf-a"\nopened = 2026-11-20T09:00:00Z\nby = "ana"\n' };

const browsers = {};
const folder = mkdtempSync(join(tmpdir(), 'tagbook-scan-'));
let register;
let desk;
let base;
before(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}/`;
  register = new Register(folder, base, `${base}desk`);
  record({ ...AUDIT, 'assets/CAM-00xx/CAM-0003/asset.toml': 'name = "Nikon Z 9, body"\ncategory = "camera"\nhome = "shelf-a"\naliases = ["OLD-17"]\n' });
  desk = await register.openDesk('--site', '--port', String(port));
  browsers.blind = await launchHere();
  const open = async (name, pictures) => {
    mkdirSync(join(folder, name));
    browsers[name] = await launchHere(await camera(browsers.blind, join(folder, name), pictures));
  };
  // An old label leads by a former number, one of the others is a smaller symbol.
  const old = await symbolOf(`${base.replace('http', 'HTTP')}OLD-17`);
  await open('three', [labelOf(register, 'CAM-0001'), labelOf(register, 'CAM-0002', '--symbol', 'data-matrix'), old]);
  await open('strange', [await symbolOf('https://elsewhere.example/CAM-0001'), await symbolOf(`${base}CAM-0999`), labelOf(register, 'CAM-0001')]);
});
after(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  desk?.kill();
  rmSync(folder, { recursive: true, force: true });
});

// What the keeper commits and shares.
function record(files) {
  if (desk) register.pull();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(register.folder, path)), { recursive: true });
    writeFileSync(join(register.folder, path), text);
  }
  register.git('add', '--all');
  register.git('commit', '--quiet', '--message', 'register: what this test needs');
  register.git('push', '--quiet');
}

// Ben's phone, with the camera of one of the browsers.
async function phone(t, which, { options, at = base } = {}) {
  const hand = await Phone.of(browsers[which], options);
  t.after(() => hand.close());
  if (which !== 'blind') await hand.context.grantPermissions(['camera'], { origin: new URL(base).origin });
  hand.asked = [];
  hand.page.on('request', (request) => hand.asked.push(request.url()));
  await hand.open(`${at}desk/enrol`);
  await hand.fill('The code that a keeper gave you', register.code('ben'));
  await hand.tap('Enrol this phone');
  return hand;
}

const list = (hand) => hand.page.locator('.scanned .n').allInnerTexts();
const said = (hand, words) => hand.page.locator('.said').filter({ hasText: words }).waitFor();
const listed = (hand, number) => hand.page.locator('.scanned li').filter({ hasText: number }).waitFor();

async function scan(hand, path, numbers) {
  await hand.open(`${base}scan/${path}`);
  await hand.page.getByRole('button', { name: 'Start the camera' }).tap();
  for (const number of numbers) await listed(hand, number);
}

async function enter(hand, text) {
  await hand.page.getByLabel('Or type a number').fill(text);
  await hand.page.keyboard.press('Enter');
}

// What `deed` leaves behind: one commit, and its newest events.
async function recordsOne(deed) {
  const before = register.pull().commits();
  await deed();
  assert.equal(register.pull().commits(), before + 1);
  return register.git('log', '-1', '--format=%(trailers:key=Tagbook-Event,valueonly,separator=%x20)').split(' ').map((event) => event.split('/')[0]).sort();
}

test('three labels are held before the camera, and taken with one commit', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await scan(hand, '', THREE);
  await said(hand, 'on the list already');
  assert.deepEqual((await list(hand)).sort(), THREE);
  assert.ok(hand.asked.some((url) => url.includes('zxing_reader.wasm')), 'this browser reads by itself: the test says nothing');

  await hand.page.reload();
  await listed(hand, THREE[0]);
  assert.deepEqual((await list(hand)).sort(), THREE);
  await said(hand, 'on the list already');
  await hand.look('scanner');

  assert.equal(await hand.tap('Take 3'), 200);
  await hand.look('desk form of a scanned list');
  assert.deepEqual((await hand.page.getByLabel('Numbers').inputValue()).split('\n').sort(), THREE);
  await hand.fill('Until', '2031-01-02');
  const events = await recordsOne(async () => assert.equal(await hand.tap('Take all of it'), 200));
  assert.deepEqual(events, THREE);
  for (const number of THREE) assert.deepEqual([register.states().get(number).custodian, register.states().get(number).due], ['ben', '2031-01-02']);

  await hand.tap('Scan on');
  assert.match(await hand.says(), /Nothing scanned yet|CAM-/);
  assert.equal(await hand.page.evaluate((name) => JSON.parse(localStorage.getItem(name)).have?.sent ?? null, 'tagbook.scan:/scan/'), null);
  none(hand.flaws);
});

test('they are brought back the same way, and the list is done with, however one comes back to it', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await scan(hand, '?mode=back', THREE);
  assert.equal(await hand.tap('Bring back 3'), 200);
  const events = await recordsOne(async () => assert.equal(await hand.tap('All of it is back'), 200));
  assert.deepEqual(events, THREE);
  assert.equal(register.states().get('CAM-0001').status, 'available');
  await hand.page.evaluate((name) => localStorage.setItem(name, 'false'), 'tagbook.scan:/scan/camera');
  await hand.open(`${base}scan/`);
  await said(hand, 'Recorded: 3');
  assert.deepEqual(await list(hand), []);
  none(hand.flaws);
});

test('a shelf is counted for an audit, with a list for each place', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await scan(hand, '?audit=2026-q4', THREE);
  assert.equal(await hand.page.getByLabel('Where you are').inputValue(), 'shelf-a', 'the scope of the audit is where one begins');
  await hand.look('scanner of an audit');
  // Another place has a list of its own; the label of a place leads to it.
  await hand.page.getByLabel('Where you are').selectOption('');
  await hand.page.locator('.send button').filter({ hasNotText: 'Shelf' }).waitFor();
  await enter(hand, `${base}locations/shelf-a/`);
  await said(hand, 'You are in Shelf A');
  assert.equal(await hand.tap('Record 3 in Shelf A'), 200);
  assert.equal(await hand.page.getByLabel('Where you see it', { exact: true }).inputValue(), 'shelf-a');
  await recordsOne(async () => assert.equal(await hand.tap('I see it here'), 200));
  const events = JSON.parse(register.tagbook('log', 'CAM-0002', '--format', 'json'));
  assert.deepEqual([events.at(-1).kind, events.at(-1).audit, events.at(-1).location, events.at(-1).by], ['audit', '2026-q4', 'shelf-a', 'ben']);
  none(hand.flaws);
});

test('a foreign symbol is named and stays out, an unknown number is marked, and what was taken off comes back', LIMIT, async (t) => {
  const hand = await phone(t, 'strange');
  await scan(hand, '', ['CAM-0001', 'CAM-0999']);
  await said(hand, 'Not one of our labels: elsewhere.example');
  assert.deepEqual((await list(hand)).sort(), ['CAM-0001', 'CAM-0999']);
  assert.match(await hand.line('CAM-0999').innerText(), /Not in the register/);
  assert.doesNotMatch(await hand.line('CAM-0001').innerText(), /Not in the register/);
  await hand.page.evaluate((name) => localStorage.setItem(name, 'false'), 'tagbook.scan:/scan/camera');
  await hand.page.reload();
  await hand.page.getByRole('button', { name: 'Remove CAM-0999' }).tap();
  await said(hand, 'CAM-0999 is off the list');
  assert.deepEqual(await list(hand), ['CAM-0001']);
  await hand.page.getByRole('button', { name: 'Empty the list' }).tap();
  await hand.page.getByText('Nothing scanned yet').waitFor();
  await hand.page.getByRole('button', { name: 'Undo' }).tap();
  await listed(hand, 'CAM-0001');
  none(hand.flaws);
});

test('what the desk could not record is still on the list, and another basket is left alone', LIMIT, async (t) => {
  const hand = await phone(t, 'blind');
  await hand.open(`${base}desk/batch?numbers=SND-0002`);
  await hand.open(`${base}scan/`);
  for (const text of ['CAM-0002', 'CAM-0999']) await enter(hand, text);
  await hand.tap('Take 2');
  assert.deepEqual((await hand.page.getByLabel('Numbers').inputValue()).split('\n'), ['CAM-0002', 'CAM-0999']);
  await recordsOne(async () => assert.equal(await hand.tap('Take all of it'), 200));
  await hand.tap('Scan on');
  await said(hand, 'Recorded: 1. 1 could not be recorded and is still here');
  assert.deepEqual(await list(hand), ['CAM-0999']);
  await hand.open(`${base}desk/batch`);
  assert.equal(await hand.page.getByLabel('Numbers').inputValue(), 'SND-0002');
  none(hand.flaws);
});

test('whoever goes back from the desk without having sent the form finds the list as it was', LIMIT, async (t) => {
  const hand = await phone(t, 'blind');
  await hand.open(`${base}scan/`);
  await enter(hand, 'cam 0001');
  await hand.tap('Take 1');
  await hand.page.goBack();
  await listed(hand, 'CAM-0001');
  assert.match(await hand.says(), /taken to the desk \d\d:\d\d/);
  assert.equal(await hand.tap('Take 1'), 200);
  none(hand.flaws);
});

test('where the browser reads labels itself, nothing else is loaded, and it is not asked too often', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await hand.page.addInitScript((text) => {
    globalThis.pictures = 0;
    globalThis.BarcodeDetector = class {
      static async getSupportedFormats() {
        return ['qr_code'];
      }

      async detect() {
        globalThis.pictures += 1;
        return [{ rawValue: text, format: 'qr_code' }];
      }
    };
  }, `${base.replace('http', 'HTTP')}CAM-0003`);
  await scan(hand, '', ['CAM-0003']);
  const before = await hand.page.evaluate(() => globalThis.pictures);
  await hand.page.waitForTimeout(2000);
  const pictures = await hand.page.evaluate(() => globalThis.pictures) - before;
  assert.ok(pictures > 0 && pictures <= 17, `${pictures} pictures in two seconds`);
  await said(hand, 'is on the list'); // and is not said to be there again, as long as it stays before the camera
  assert.deepEqual(hand.asked.filter((url) => url.includes('/vendor/')), []);
  none(hand.flaws);
});

test('a detector that fails gives way to the other one', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await hand.page.addInitScript(() => {
    globalThis.BarcodeDetector = class {
      static async getSupportedFormats() {
        return ['qr_code'];
      }

      async detect() {
        throw new Error('no service');
      }
    };
  });
  await scan(hand, '', THREE);
  none(hand.flaws);
});

test('what was scanned is heard and felt, and the tone can be switched off', LIMIT, async (t) => {
  const hand = await phone(t, 'blind');
  await hand.page.addInitScript(() => {
    globalThis.told = { tones: [], buzzes: [] };
    const { createOscillator } = BaseAudioContext.prototype;
    BaseAudioContext.prototype.createOscillator = function create() {
      const wave = createOscillator.call(this);
      wave.addEventListener('ended', () => globalThis.told.tones.push(wave.frequency.value));
      return wave;
    };
    navigator.vibrate = (buzz) => globalThis.told.buzzes.push(buzz.length);
  });
  const told = (tones, buzzes) => hand.page.waitForFunction(
    (wanted) => JSON.stringify([globalThis.told.tones, globalThis.told.buzzes]) === wanted, JSON.stringify([tones, buzzes]),
  );
  await hand.open(`${base}scan/`);
  await hand.page.getByLabel('Or type a number').tap();
  await enter(hand, 'CAM-0001');
  await told([880, 1320], [1]);
  await enter(hand, 'CAM-0001');
  await told([880, 1320, 440, 440], [1, 3]);
  await enter(hand, 'https://elsewhere.example/CAM-0002');
  await told([880, 1320, 440, 440, 220], [1, 3, 1]);
  await hand.page.getByRole('button', { name: 'Sound' }).tap();
  await hand.page.reload();
  await hand.page.getByLabel('Or type a number').tap();
  await enter(hand, 'CAM-0002');
  await told([], [1]);
  none(hand.flaws);
});

test('a phone that sleeps lets go of the camera, and takes it again when it wakes', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  await scan(hand, '', ['CAM-0001']);
  const sleep = (isAsleep) => hand.page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isAsleep);
  const track = await hand.page.evaluateHandle(() => document.querySelector('video').srcObject.getVideoTracks()[0]);
  await sleep(true);
  assert.equal(await track.evaluate(({ readyState }) => readyState), 'ended');
  await sleep(false);
  await hand.page.locator('.finder-of-labels[data-state=on]').waitFor();
  await hand.page.getByRole('button', { name: 'Empty the list' }).tap();
  for (const number of THREE) await listed(hand, number);
  none(hand.flaws);
});

test('where the camera is not allowed, numbers are typed', LIMIT, async (t) => {
  const hand = await phone(t, 'blind');
  await hand.open(`${base}scan/`);
  await hand.page.getByRole('button', { name: 'Start the camera' }).tap();
  await said(hand, /not allowed|no camera/);
  for (const text of ['KIT-0001', `${base}CAM-0001/`, 'no number', 'cam1', 'OLD-17']) await enter(hand, text);
  await listed(hand, 'CAM-0003');
  assert.deepEqual(await list(hand), ['CAM-0003', 'CAM1', 'CAM-0001', 'KIT-0001']);
  // A hand scanner types wherever one is.
  await hand.page.evaluate(() => document.activeElement.blur());
  await hand.page.keyboard.type('SND-0001\n');
  await listed(hand, 'SND-0001');
  await hand.look('scanner without a camera');
  none(hand.flaws);
});

test('without JavaScript the page is a form that leads to the desk', LIMIT, async (t) => {
  const hand = await phone(t, 'blind', { options: { javaScriptEnabled: false } });
  await hand.open(`${base}scan/`);
  assert.match(await hand.says(), /Without JavaScript/);
  await hand.page.getByRole('radio', { name: 'Bring back' }).tap();
  await hand.fill('Numbers', 'CAM-0002 cam-0001');
  assert.equal(await hand.tap('Go on'), 200);
  assert.match(await hand.page.getByLabel('Numbers').inputValue(), /CAM-0002\nCAM-0001/);
  assert.equal(await hand.page.locator('main .first').innerText(), 'All of it is back');
  none(hand.flaws);
});

test('the page fits and can be used by everybody, on every screen, in light and in dark', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  const { page } = hand;
  const problems = [];
  await scan(hand, '?mode=audit&location=shelf-a', THREE);
  await enter(hand, 'CAM-0999');
  await page.getByRole('button', { name: 'Remove CAM-0002' }).tap();
  for (const size of [{ width: 320, height: 640 }, { width: 390, height: 844 }, { width: 844, height: 390 }, DESKTOP]) {
    await page.setViewportSize(size);
    for (const scheme of ['light', 'dark']) {
      await paint(page, scheme);
      const found = [...await overflow(page, size.width), ...await barriers(page), ...await smallTargets(page, null)];
      problems.push(...found.map((problem) => `${size.width} px, ${scheme}: ${problem}`));
    }
  }
  none([...problems, ...hand.flaws]);
});

test('on a static host with its headers, labels are read, and a desk of another origin sends one back', LIMIT, async (t) => {
  const hand = await phone(t, 'three');
  const [site, far] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}/`);
  const settings = readFileSync(join(register.folder, 'tagbook.toml'), 'utf8');
  const moved = settings.replace(/^base_url.*$/m, `base_url = "${site}"\nformer_base_urls = ["${base}"]`).replace(/^desk_url.*$/m, `desk_url = "${far}desk"`);
  record({ 'tagbook.toml': moved });
  t.after(await register.host(new URL(site).port));
  const other = await register.openDesk('--port', new URL(far).port);
  t.after(() => other.kill());
  await hand.context.grantPermissions(['camera'], { origin: new URL(site).origin });
  await hand.open(`${site}scan/`);
  await hand.page.getByRole('button', { name: 'Start the camera' }).tap();
  for (const number of THREE) await listed(hand, number);
  assert.ok(hand.asked.some((url) => url.startsWith(site) && url.includes('zxing_reader.wasm')));
  await hand.tap('Take 3');
  assert.ok(hand.page.url().startsWith(`${far}desk/batch?`), hand.page.url());
  await recordsOne(async () => assert.equal(await hand.tap('Take all of it'), 200));
  await hand.page.context().clearPermissions();
  await hand.tap('Scan on');
  assert.ok(hand.page.url().startsWith(`${site}scan/`), hand.page.url());
  await said(hand, 'Recorded: 3');
  assert.deepEqual(await list(hand), []);
  none(hand.flaws);
});

test('what others have made is as they published it', () => {
  const { resolve } = createRequire(import.meta.url);
  const published = dirname(dirname(resolve('zxing-wasm/reader/zxing_reader.wasm')));
  const ours = (name) => readFileSync(new URL(`../../themes/vendor/${name}`, import.meta.url));
  assert.deepEqual(ours('zxing_reader.wasm'), readFileSync(join(published, 'reader/zxing_reader.wasm')));
  assert.deepEqual(ours('zxing_reader.js'), readFileSync(join(published, 'iife/reader/index.js')));
});
