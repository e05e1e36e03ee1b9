// Photos: taken in with a tap, made smaller on the phone, rid of what they say of place and person, and shown to the team.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CAMERA, STRANGERS, is } from './lib/answers.js';
import { Phone, Register, launchHere } from './lib/counter.js';
import { FREE, ORIGIN, atDesk, cookie, elements, folder, formOf, token, visible } from './lib/desk.js';
import { Line } from './lib/line.js';
import { HEIC, SECRET, TINY, asTaken, multipart, pixels, png } from './lib/photos.js';
import { none } from './lib/problems.js';
import { freePort } from './lib/program.js';

const LIMIT = { timeout: 120_000 };
const MEGABYTE = 1 << 20;

// --- phones --------------------------------------------------------------------------------------

describe('a phone with a camera', () => {
  let browser;
  let home;
  let base;
  let desk;
  let register;
  let large;
  before(async () => {
    browser = await launchHere();
    home = mkdtempSync(join(tmpdir(), 'tagbook-photos-'));
    const port = await freePort();
    base = `http://kit.test:${port}/`;
    register = new Register(home, base, `${base}desk`);
    desk = await register.openDesk('--site', '--url', `${base}desk`, '--port', String(port));
    large = asTaken(await landscape(browser));
    assert.ok(large.length > 2 * MEGABYTE && large.length < 8 * MEGABYTE, `a photo of ${large.length} bytes`);
  });
  after(() => {
    browser?.close();
    desk?.kill();
    rmSync(home, { recursive: true, force: true });
  });

  async function enrolled(t, person, options) {
    const hand = await Phone.of(browser, options);
    t.after(() => hand.close());
    await register.enrol(hand, base, person);
    return hand;
  }

  // The files that the newest commit brought, by their endings.
  const brought = (from = register) => {
    const git = (...args) => execFileSync('git', ['-C', from.bare, ...args], { maxBuffer: 64 * MEGABYTE });
    const paths = git('diff-tree', '--no-commit-id', '--name-only', '-r', 'main').toString().trim().split('\n');
    return Object.fromEntries(paths.map((path) => [path, git('cat-file', 'blob', `main:${path}`)]));
  };
  const commits = (from = register) => Number(execFileSync('git', ['-C', from.bare, 'rev-list', '--count', 'main']));
  const isClean = (bytes) => !bytes.includes('52.52') && !bytes.includes('Benny') && !bytes.includes('script') && !bytes.includes('ftyp');

  test('a large photo is made smaller where it was taken, stands upright, and is there on every page at once', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben');
    await hand.open(`${base}desk/CAM-0001`);
    assert.equal(await hand.tap('I have it now'), 200);
    await hand.open(`${base}desk/CAM-0001/back`);
    await hand.look('photo form');
    await hand.page.locator('[type=file]').setInputFiles({ name: '../../IMG_0001.jpg', mimeType: 'image/jpeg', buffer: large });
    await hand.page.getByRole('img', { name: 'This photo goes along' }).waitFor();
    assert.ok(await hand.page.evaluate(isDrawn), 'the photo is shown before it goes');
    await hand.look('photo chosen');
    const had = commits();
    await hand.fill('Note', 'scratched at the mount');
    assert.equal(await hand.tap('It’s back'), 200);
    assert.equal(commits(), had + 1, 'one commit');

    const [event, photo] = ['.toml', '.jpg'].map((ending) => Object.entries(brought()).find(([path]) => path.endsWith(ending)));
    const id = hand.page.url().split('/').at(-1);
    assert.match(photo[0], new RegExp(`^assets/CAM-00xx/CAM-0001/files/\\d{4}-\\d\\d-\\d\\d-${id}\\.jpg$`));
    assert.match(event[1].toString(), new RegExp(`\nphotos = \\["${photo[0].split('CAM-0001/')[1]}"\\]\n`));
    assert.ok(photo[1].length <= 300_000, `${photo[1].length} bytes`);
    assert.ok(!photo[1].includes('Exif') && isClean(photo[1]));
    const [width, height] = pixels(photo[1]);
    assert.ok(height > width && height >= 800, `upright: ${width} by ${height}`);

    for (const page of ['desk/CAM-0001', 'CAM-0001', 'CAM-0001/']) {
      await hand.open(base + page);
      const shown = hand.page.locator('.log img');
      assert.equal(await shown.getAttribute('alt'), 'Photo: Ben brought it back');
      await shown.scrollIntoViewIfNeeded();
      await hand.page.waitForFunction(() => document.querySelector('.log img').naturalWidth > 0);
      const { width: wide, height: high } = await shown.boundingBox();
      assert.deepEqual([wide, high], [96, 96]);
    }
    await hand.look('photo in the history');
    const full = await fetched(hand, `${base}desk/CAM-0001/photos/${id}-1.jpg`);
    assert.deepEqual([full.status, full.type, full.caching], [200, 'image/jpeg', 'private, max-age=3600']);
    assert.ok(full.bytes.equals(photo[1]));

    const stranger = await Phone.of(browser);
    t.after(() => stranger.close());
    const addresses = [`${base}desk/CAM-0001/photos/${id}-1.jpg`, `${base}CAM-0001/photos/${id}-1.jpg`, `${base}CAM-0001/files/${photo[0].split('/').at(-1)}`];
    await stranger.open(`${base}CAM-0001`);
    for (const address of addresses) assert.equal((await fetched(stranger, address)).status, 404, address);
    assert.doesNotMatch(await stranger.page.content(), /photos\/|scratched/);
    none(hand.flaws);
  });

  test('two photos of a fault, one left out again, and no third', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ana');
    await hand.open(`${base}desk/CAM-0002/report`);
    const input = hand.page.locator('[type=file]');
    const shots = hand.page.locator('.taken li');
    const take = async (count) => {
      await input.setInputFiles([{ name: 'a.jpg', mimeType: 'image/jpeg', buffer: large }]);
      await hand.page.waitForFunction((due) => document.querySelectorAll('.taken li').length === due, count);
    };
    await take(1);
    await take(2);
    assert.equal(await hand.page.locator('.take').isVisible(), false, 'a third can be taken');
    await shots.first().getByRole('button', { name: 'Leave this photo out' }).tap();
    await hand.page.waitForFunction(() => document.querySelectorAll('.taken li').length === 1);
    assert.ok(await hand.page.locator('.take').isVisible());
    await take(2);
    assert.equal(await hand.page.evaluate(() => new FormData(document.querySelector('form.ask')).getAll('photo').every(({ size }) => size < 300_000)), true);
    await hand.fill('What is wrong?', 'the mount is scratched');
    assert.equal(await hand.tap('Report a fault'), 200);
    assert.equal(Object.keys(brought()).filter((path) => /-\w+(-2)?\.jpg$/.test(path)).length, 2);
    await hand.open(`${base}desk/CAM-0002`);
    assert.equal(await hand.page.locator('.log img').count(), 2);
    none(hand.flaws);
  });

  test('without a script the photo is sent as it was taken, and kept without what it says', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben', { javaScriptEnabled: false });
    await hand.open(`${base}desk/CAM-0003/report`);
    await hand.fill('What is wrong?', 'a dead pixel');
    await hand.page.locator('[type=file]').setInputFiles({ name: 'IMG_0002.JPG', mimeType: 'image/jpeg', buffer: large });
    assert.equal(await hand.tap('Report a fault'), 200);
    const photo = Object.entries(brought()).find(([path]) => path.endsWith('.jpg'))[1];
    assert.ok(photo.length > 2 * MEGABYTE && isClean(photo));
    assert.equal(photo.indexOf('Exif'), 6, 'only how it was held is kept');
    assert.deepEqual(photo.subarray(20, 38), Buffer.from('\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0', 'latin1'));
    await hand.open(`${base}desk/CAM-0003`);
    assert.equal(await hand.page.locator('.log img').count(), 1);
    none(hand.flaws);
  });

  test('what is no photo is said beside the field, and what was typed stands', LIMIT, async (t) => {
    const heic = { name: 'IMG_0003.HEIC', mimeType: 'image/heic', buffer: HEIC };
    const plain = await enrolled(t, 'ana', { javaScriptEnabled: false });
    await plain.open(`${base}desk/KIT-0001/report`);
    const had = commits();
    await plain.fill('What is wrong?', 'the strap is torn');
    await plain.page.locator('[type=file]').setInputFiles(heic);
    assert.equal(await plain.tap('Report a fault'), 422);
    assert.match(await plain.says(), /HEIC picture, which many browsers cannot show/);
    assert.equal(await plain.page.getByLabel('What is wrong?').inputValue(), 'the strap is torn');
    assert.equal(commits(), had);
    // A script says it at once, and keeps the good one.
    const hand = await enrolled(t, 'ana');
    const before = commits();
    await hand.open(`${base}desk/KIT-0001/report`);
    await hand.fill('What is wrong?', 'the strap is torn');
    await hand.page.locator('[type=file]').setInputFiles([{ name: 'a.jpg', mimeType: 'image/jpeg', buffer: large }, heic]);
    await hand.page.getByText('IMG_0003.HEIC: This is no picture').waitFor();
    assert.equal(await hand.page.locator('.taken li').count(), 1);
    await hand.look('photo that is none');
    assert.equal(await hand.tap('Report a fault'), 200);
    assert.equal(commits(), before + 1);
    assert.equal(Object.keys(brought()).filter((path) => path.endsWith('.jpg')).length, 1);
    none([...plain.flaws, ...hand.flaws]);
  });

  test('a keeper registers a new thing with its photo', LIMIT, async (t) => {
    register.pull().tagbook('tags', 'mint', '1', '--by', 'ana');
    const tag = register.pull().git('grep', '-ohE', '"[0-9A-Z]{6}"', '--', 'tags/').replaceAll('"', '');
    const hand = await enrolled(t, 'ana');
    await hand.open(`${base}desk/${tag}`);
    await hand.look('claim with a photo');
    await hand.fill('What it is', 'Drill, 18 V');
    await hand.choose('What kind of thing', 'Cameras');
    await hand.page.locator('[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: large });
    await hand.page.getByRole('img', { name: 'This photo goes along' }).waitFor();
    assert.equal(await hand.tap('Put it in the register'), 200);
    const record = Object.entries(brought()).find(([path]) => path.endsWith('/asset.toml'));
    assert.match(record[1].toString(), /\nphoto = "files\/photo\.jpg"\n/);
    await hand.page.waitForFunction(() => document.querySelector('.photo img').naturalWidth > 0);
    await hand.page.locator('.sticker img').scrollIntoViewIfNeeded();
    await hand.page.waitForFunction(() => document.querySelector('.sticker img').naturalWidth > 0);
    await hand.look('new thing with its photo');
    none(hand.flaws);
  });

  test('where there is no network the photo waits with what was tapped, and goes along', LIMIT, async (t) => {
    // Workers stand on this machine, or where there is https.
    const [port, to] = [await freePort(), await freePort()];
    const folderOfOther = mkdtempSync(join(tmpdir(), 'tagbook-photos-'));
    t.after(() => rmSync(folderOfOther, { recursive: true, force: true, maxRetries: 5 }));
    const near = `http://127.0.0.1:${port}/`;
    const other = new Register(folderOfOther, near, `${near}desk`);
    const itsDesk = await other.openDesk('--site', '--url', `${near}desk`, '--port', String(to));
    t.after(() => itsDesk.kill());
    const line = await Line.open(port, to);
    t.after(() => line.cut());
    const hand = await Phone.of(browser);
    t.after(() => hand.close());
    await other.enrol(hand, near, 'ben');
    await hand.open(near);
    await hand.page.waitForFunction(async () => Boolean(navigator.serviceWorker.controller && await caches.match('/tagbook.json')));
    const report = async (note) => {
      await hand.open(`${near}desk/CAM-0003/report`);
      await hand.fill('What is wrong?', note);
      await hand.page.locator('[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: large });
      await hand.page.getByRole('img', { name: 'This photo goes along' }).waitFor();
    };
    const isRecorded = () => Object.entries(brought(other)).some(([path, bytes]) => path.endsWith('.jpg') && bytes.length <= 300_000 && !bytes.includes('Exif'));
    await report('with a network');
    assert.equal(await hand.tap('Report a fault'), 200);
    assert.ok(isRecorded());
    const had = commits(other);
    await report('in the basement');
    await line.cut();
    await hand.tap('Report a fault');
    assert.match(hand.page.url(), /offline\/\?kept=/);
    assert.equal(commits(other), had);
    await line.mend();
    await hand.page.evaluate(() => dispatchEvent(new Event('online')));
    await hand.page.getByText('Sent:').first().waitFor();
    assert.equal(commits(other), had + 1);
    assert.ok(isRecorded());
  });

  test('the register is whole, and checks clean', LIMIT, () => {
    assert.equal(execFileSync('git', ['-C', register.bare, 'fsck', '--strict', '--no-dangling', '--no-progress']).toString(), '');
    register.pull().tagbook('check');
  });
});

// What a phone is answered that asks for an address, from the page that it shows.
async function fetched({ page }, address) {
  const { data, ...answer } = await page.evaluate(async (url) => {
    const got = await fetch(url);
    const [type, caching] = ['content-type', 'cache-control'].map((name) => got.headers.get(name));
    return { status: got.status, type, caching, data: [...new Uint8Array(await got.arrayBuffer())] };
  }, address);
  return { ...answer, bytes: Buffer.from(data) };
}

// Whether the picture of what was chosen is more than a white square.
function isDrawn() {
  const { data } = document.querySelector('.taken canvas').getContext('2d').getImageData(48, 48, 64, 64);
  return new Set(data).size > 50;
}

// A photo of 12 megapixels with so much in it that it takes some megabytes.
async function landscape(browser) {
  const page = await browser.newPage();
  const data = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [4000, 3000];
    const brush = canvas.getContext('2d');
    let seed = 7;
    const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647);
    for (let spot = 0; spot < 60_000; spot += 1) {
      brush.fillStyle = `hsl(${random() * 90 + (spot % 2) * 200} 60% ${random() * 90}%)`;
      brush.fillRect(random() * 4000, random() * 3000, random() * 60, random() * 60);
    }
    return canvas.toDataURL('image/jpeg', 0.88);
  });
  await page.close();
  return Buffer.from(data.split(',')[1], 'base64');
}

// --- what is sent --------------------------------------------------------------------------------

// A form with photos, as a browser sends it or, as JSON is wanted, a program.
async function send(desk, path, fields, photos, { as = 'ben', json = false, field } = {}) {
  const { type, body } = multipart(fields, photos, field);
  const who = json ? { accept: 'application/json', ...(as ? { authorization: `Bearer ${token(as)}` } : {}) } : { accept: 'text/html', origin: ORIGIN, ...cookie(as) };
  return desk.ask('POST', path, { headers: { 'content-type': type, 'content-length': body.length, ...who }, body });
}

const filed = (desk, number = CAMERA) => desk.paths().filter((path) => path.startsWith(`${folder(number)}/files/`));
const blob = (desk, path) => execFileSync('git', ['-C', desk.repository, 'cat-file', 'blob', `main:${path}`], { maxBuffer: 64 * MEGABYTE });

test('a form with photos is one commit, and sent again the same receipt', atDesk({}, async (desk) => {
  const fields = { note: 'scratched', severity: 'minor', nonce: 'n1' };
  const photos = [['../../../etc/passwd', asTaken(TINY)], ['a\\b.svg', png(40, 30)]];
  const first = await desk.records(1, async () => is(await send(desk, `${CAMERA}/report`, fields, photos, { json: true }), 200));
  await desk.recordsNothing(async () => {
    for (const answer of [await send(desk, `${CAMERA}/report`, fields, photos, { json: true }), await send(desk, `${CAMERA}/report`, fields, photos, { json: true })]) {
      assert.equal(is(answer, 200).json.event, first.json.event);
    }
  });
  const day = first.json.at.slice(0, 10);
  assert.deepEqual(filed(desk).map((path) => path.split('/').at(-1).replace(/^\d{4}-\d\d-\d\d/, 'DAY')), [`DAY-${first.json.event}-2.png`, `DAY-${first.json.event}.jpg`], day);
  for (const path of filed(desk)) {
    const bytes = blob(desk, path);
    assert.ok(!bytes.includes(SECRET) && !bytes.includes('script') && !bytes.includes('PK'), path);
  }
  const events = desk.events(CAMERA);
  assert.deepEqual(events[0].photos, filed(desk).map((path) => path.split(`${CAMERA}/`)[1]).sort().reverse());
  // Another photo is another request.
  await desk.records(1, async () => is(await send(desk, `${CAMERA}/report`, fields, photos.slice(0, 1), { json: true }), 200));
}));

test('a kit that comes back has the photo, and its parts have none', atDesk({}, async (desk) => {
  await desk.records(1, async () => is(await desk.post('KIT-0001/have'), 200));
  const { json } = await desk.records(1, async () => is(await send(desk, 'KIT-0001/back', { ticked: '1', 'with.KIT-0001': 'on', 'with.CAM-0066': 'on', 'with.CAM-0067': 'on' }, [['a.jpg', TINY]], { json: true }), 200));
  assert.equal(json.events.length, 3);
  assert.deepEqual(desk.paths().filter((path) => path.includes('/files/')).map((path) => path.split('/')[2]), ['KIT-0001']);
}));

const cut = (bytes, share) => bytes.subarray(0, Math.floor(bytes.length * share));

for (const [what, photos, status, words] of [
  ['larger than 8 MB', [['a.jpg', Buffer.concat([TINY, Buffer.alloc(8 * MEGABYTE)])]], 413, /larger than 8 MB/],
  ['larger than 8 MB, beside one that fits', [['a.jpg', TINY], ['b.jpg', Buffer.alloc(30 * MEGABYTE)]], 413, /larger than 8 MB/],
  ['no picture by its first bytes', [['a.jpg', Buffer.from('<!doctype html><script>alert(1)</script>')]], 422, /no picture that a page can show/],
  ['a picture behind a page', [['a.jpg', Buffer.concat([Buffer.from('<script>alert(1)</script>'), TINY])]], 422, /no picture that a page can show/],
  ['a drawing with scripts', [['a.jpg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')]], 422, /no picture that a page can show/],
  ['a GIF', [['a.gif', Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1')]], 422, /no picture that a page can show/],
  ['of an iPhone’s own kind', [['a.jpg', HEIC]], 422, /HEIC picture/],
  ['of 20,000 pixels a side', [['a.png', png(20_000, 20_000)]], 422, /too many pixels/],
  ['a JPEG that is cut off', [['a.jpg', cut(TINY, 0.8)]], 422, /did not arrive as a whole/],
  ['a JPEG of a few bytes', [['a.jpg', TINY.subarray(0, 4)]], 422, /did not arrive as a whole/],
  ['a JPEG without a picture', [['a.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xd9])]], 422, /did not arrive as a whole/],
  ['a PNG that is cut off', [['a.png', cut(png(40, 30), 0.7)]], 422, /did not arrive as a whole/],
  ['a WebP that is cut off', [['a.webp', Buffer.from('RIFF\xff\xff\0\0WEBPVP8 \xff\0\0\0', 'latin1')]], 422, /did not arrive as a whole/],
  ['one of three', [['a.jpg', TINY], ['b.jpg', TINY], ['c.jpg', TINY]], 422, /Two photos are the most/],
]) {
  test(`a photo that is ${what} is refused, and what was typed stands`, atDesk({}, async (desk) => {
    await desk.recordsNothing(async () => {
      const page = is(await send(desk, `${CAMERA}/report`, { note: 'the strap is torn', severity: 'major', nonce: 'n' }, photos), status);
      assert.match(visible(page.text), words);
      const input = elements(page.text).find(({ attributes }) => attributes.type === 'file');
      assert.equal(input.attributes['aria-invalid'], 'true');
      const form = formOf(page.text, `${CAMERA}/report`);
      assert.match(form.values.note, /the strap is torn/);
      assert.match(page.text, /value="major" selected/);
      const { json } = is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'major' }, photos, { json: true }), status);
      assert.deepEqual(json.refusal.fields.map(({ field }) => field), ['photo']);
    });
  }));
}

test('what else is wrong is said beside what is wrong with the photo', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    const { json } = is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'catastrophic' }, [['a.jpg', HEIC]], { json: true }), 422);
    assert.deepEqual(json.refusal.fields.map(({ field }) => field), ['severity', 'photo']);
    const page = is(await send(desk, `${CAMERA}/report`, { severity: 'minor', note: ' ' }, [['a.jpg', TINY]]), 422);
    assert.match(visible(page.text), /Choose the photo again/);
  });
}));

test('only where photos are asked for a form may have some', atDesk({}, async (desk) => {
  await desk.recordsNothing(async () => {
    is(await send(desk, `${CAMERA}/note`, { note: 'a' }, [['a.jpg', TINY]]), 415);
    is(await send(desk, `${CAMERA}/tie`, { number: 'a' }, [['a.jpg', TINY]], { as: 'ana' }), 415);
    is(await send(desk, 'batch', { kind: 'have' }, [['a.jpg', TINY]]), 415);
    is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'minor' }, [['a.jpg', TINY]], { field: 'paper' }), 400);
    is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'minor', photo: 'files/../../x' }, []), 400);
    is(await desk.post(`${CAMERA}/report`, { note: 'a', severity: 'minor', photo: 'files/x.jpg' }), 400);
    is(await desk.post(`${CAMERA}/report`, { note: 'a', severity: 'minor', photos: 'files/x.jpg' }), 400);
    is(await send(desk, `${CAMERA}/report`, { note: 'x'.repeat(17_000), severity: 'minor' }, [['a.jpg', TINY]]), 413);
    const torn = multipart({ note: 'a', severity: 'minor' }, [['a.jpg', TINY]]);
    const headers = { 'content-type': torn.type, origin: ORIGIN, accept: 'text/html', ...cookie('ben') };
    is(await desk.ask('POST', `${CAMERA}/report`, { headers: { ...headers, 'content-length': torn.body.length - 80 }, body: torn.body.subarray(0, -80) }), 400);
  });
  // No file chosen is no photo, and a form without any needs none.
  await desk.records(1, async () => is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'minor' }, [['', Buffer.alloc(0)]]), 303));
  await desk.records(1, async () => is(await desk.submit(`${CAMERA}/report`, { note: 'b', severity: 'minor' }), 303));
  assert.deepEqual(filed(desk), []);
}));

test('who is not enrolled hands in no photo, and keeps what they typed', atDesk(STRANGERS, async (desk) => {
  await desk.recordsNothing(async () => {
    const page = is(await send(desk, `${CAMERA}/back`, { note: 'it was in the van' }, [['a.jpg', TINY]], { as: null }), 401);
    assert.match(page.text, /it was in the van/);
    is(await send(desk, `${CAMERA}/report`, { note: 'a', severity: 'minor' }, [['a.jpg', Buffer.alloc(3 * MEGABYTE)]], { as: null }), 413);
    is(await send(desk, '7K3QXJ/claim', { name: 'a' }, [['a.jpg', TINY]], { as: null }), 401, 404);
    const form = is(await desk.get(`${CAMERA}/report`, { as: null }), 200);
    assert.doesNotMatch(form.text, /type="file"/);
  });
}));

test('a register takes so many bytes of files, and what needs none is recorded all the same', atDesk({ desk: 'files_total = "1 kB"' }, async (desk) => {
  const report = (note) => send(desk, `${CAMERA}/report`, { note, severity: 'minor' }, [['a.jpg', TINY], ['b.jpg', png(40, 30)]]);
  for (const note of ['a', 'b']) await desk.records(1, async () => is(await report(note), 303));
  await desk.recordsNothing(async () => {
    const page = is(await report('the strap is torn'), 413);
    assert.match(visible(page.text), /takes no more photos for now/);
    assert.match(formOf(page.text, `${CAMERA}/report`).values.note, /the strap is torn/);
  });
  // Sent again, what was recorded before it was full is no new photo.
  await desk.recordsNothing(async () => is(await report('b'), 303));
  await desk.records(1, async () => is(await desk.submit(`${CAMERA}/report`, { note: 'd', severity: 'minor' }), 303));
  await desk.open();
  await desk.recordsNothing(async () => is(await report('e'), 413));
}));

test('a photo that somebody put there by hand is handed out without what it says', atDesk({
  files: {
    [`${folder(CAMERA)}/files/by-hand.jpg`]: asTaken(TINY),
    [`${folder(CAMERA)}/log/2026-11-20T080000.000Z-note-byhand01.toml`]: '[[event]]\nid = "byhand01"\nat = 2026-11-20T08:00:00Z\nkind = "note"\nby = "ana"\nnote = "see photo"\nphotos = ["files/by-hand.jpg"]\n',
  },
}, async (desk) => {
  const page = is(await desk.get(CAMERA), 200);
  assert.match(page.text, /src="[^"]*\/desk\/CAM-0001\/photos\/byhand01-1\.jpg"/);
  const photo = is(await desk.get(`${CAMERA}/photos/byhand01-1.jpg`), 200);
  assert.deepEqual([photo.headers['content-type'], photo.headers['x-content-type-options']], ['image/jpeg', 'nosniff']);
  assert.ok(!photo.text.includes('Benny'));
  for (const name of ['byhand01-2.jpg', 'byhand01-1.png', '..%2fasset.toml', 'by-hand.jpg']) is(await desk.get(`${CAMERA}/photos/${name}`), 404);
  is(await desk.get(`${CAMERA}/photo.jpg`), 404);
  is(await desk.get(`${FREE[1]}/photos/byhand01-1.jpg`), 404);
  is(await desk.get(`${CAMERA}/photos/byhand01-1.jpg`, { as: null }), 404);
}));
