// The desk as phones meet it: a tap becomes a commit in a real repository, whatever stands between the page and the desk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Phone, Register, Repository, launchHere } from './lib/counter.js';
import { none } from './lib/problems.js';
import { freePort, start } from './lib/program.js';

const LIMIT = { timeout: 120_000 };
const DAY = 24 * 60 * 60 * 1000;

let browser;
before(async () => {
  browser = await launchHere();
});
after(() => browser?.close());

const home = () => mkdtempSync(join(tmpdir(), 'tagbook-counter-'));
const remove = (folder) => rmSync(folder, { recursive: true, force: true });

async function phone(t, options) {
  const opened = await Phone.of(browser, options);
  t.after(() => opened.close());
  return opened;
}

describe('the desk of the demo', () => {
  let folder;
  let demo;
  let register;
  before(async () => {
    folder = home();
    register = new Repository(folder, join(folder, 'demo'));
    demo = await start(['demo', register.folder, '--port', String(await freePort())], register.options);
  });
  after(() => {
    demo?.kill();
    remove(folder);
  });

  test('from a static page through its button to a commit, seen on every page, and taken back', LIMIT, async (t) => {
    const commits = register.commits();
    const hand = await phone(t);
    await hand.open(`${demo.address}CAM-0009/`);
    assert.equal(await hand.tap('I have it now'), 200);
    await hand.look('form');
    await hand.choose('Who are you?', 'Jonas Weißgerber');
    assert.equal(await hand.tap('I have it now'), 200);
    const receipt = hand.page.url();
    assert.match(receipt, /\/desk\/receipt\/CAM-0009\/\w{8,10}$/);
    assert.match(await hand.says(), new RegExp(`Recorded.*Jonas.*commit ${register.head().slice(0, 7)}`));
    await hand.look('receipt');

    await hand.tap('Back to it');
    assert.match(await hand.says(), /With Jonas Weißgerber/);
    await hand.look('live page');
    await hand.open(`${demo.address}CAM-0009/`);
    await hand.page.locator('[data-status=checked-out]').waitFor();
    assert.match(await hand.says(), /With Jonas Weißgerber/);

    await hand.open(receipt);
    assert.equal(await hand.tap('No, that was wrong'), 200);
    await hand.open(`${demo.address}desk/CAM-0009`);
    assert.match(await hand.says(), /Available/);
    assert.equal(register.commits(), commits + 2);
    const [undone, taken] = register.git('log', '-2', '--format=%ae %(trailers:key=Tagbook-Event,valueonly,separator=%x20)').split('\n');
    assert.equal(taken, `jonas@kit.ziegelhof.example CAM-0009/${receipt.split('/').at(-1)}`);
    assert.match(undone, /^jonas@kit\.ziegelhof\.example CAM-0009\/\w+$/);
    assert.equal(register.states().get('CAM-0009').status, 'available');
    assert.equal(register.git('status', '--porcelain'), '');
    register.tagbook('check');
    none(hand.flaws);
  });

  test('a tap by someone whom the phone does not know asks who it was, and the next one does not', LIMIT, async (t) => {
    const commits = register.commits();
    const hand = await phone(t);
    await hand.open(`${demo.address}desk/CAM-0010`);
    assert.equal(await hand.tap('I have it now'), 422);
    assert.equal(register.commits(), commits);
    await hand.look('form with an error');
    await hand.choose('Who are you?', 'Ruth Adeyemi');
    assert.equal(await hand.tap('I have it now'), 200);
    await hand.tap('Back to it');
    assert.match(await hand.says(), /With Ruth Adeyemi/);
    assert.equal(await hand.tap('It’s back'), 200);
    assert.match(await hand.says(), /Recorded.*Ruth/);
    assert.equal(register.commits(), commits + 2);
    assert.equal(register.states().get('CAM-0010').status, 'available');
    none(hand.flaws);
  });

  test('whoever says who they are has it, not whoever spoke before', LIMIT, async (t) => {
    const hand = await phone(t);
    for (const [number, name, slug] of [['GRP-0004', 'Leo Marchetti', 'leo'], ['GRP-0005', 'Bo Nyström', 'bo']]) {
      await hand.open(`${demo.address}desk/${number}/have`);
      await hand.choose('Who are you?', name);
      assert.equal(await hand.tap('I have it now'), 200);
      assert.equal(register.states().get(number).custodian, slug, `${number} is with ${name}`);
    }
    none(hand.flaws);
  });

  test('twelve are taken with one tap, eleven come back and one is with someone else: two commits, three requests', LIMIT, async (t) => {
    const commits = register.commits();
    const free = [...register.states().values()].filter(isFree).map(({ number }) => number);
    const twelve = free.slice(0, 12);
    const lent = twelve.at(-1);
    const due = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
    const hand = await phone(t);
    await hand.open(`${demo.address}desk/batch`);
    await hand.choose('Who are you?', 'Aylin Öztürk');
    await hand.fill('Until', due);
    await hand.fill('Numbers', twelve.join(' '));
    hand.requests = 0;
    assert.equal(await hand.tap('Take all of it'), 200);
    assert.match(await hand.says(), new RegExp(`12 things recorded.*commit ${register.head().slice(0, 7)}`));
    await hand.look('receipt of a basket');
    assert.equal(register.commits(), commits + 1);
    const taken = register.states();
    none(twelve.filter((number) => taken.get(number).custodian !== 'aylin').map((number) => `${number} is not with Aylin`));
    none(twelve.filter((number) => taken.get(number).due !== due).map((number) => `${number} is due ${taken.get(number).due}, not ${due}`));

    await hand.tap('What I hold');
    for (const number of twelve.slice(0, 11)) await hand.choose(`${number} What about it?`, 'It’s back', hand.line(number));
    await hand.choose(`${lent} What about it?`, 'Someone else has it', hand.line(lent));
    await hand.choose(`${lent} Who`, 'Leo Marchetti', hand.line(lent));
    await hand.look('what I hold');
    assert.equal(await hand.tap('That is how it is'), 200);
    assert.match(await hand.says(), /12 things recorded/);
    assert.ok(hand.requests <= 3, `${hand.requests} requests`);
    assert.equal(register.commits(), commits + 2);
    const back = register.states();
    none(twelve.slice(0, 11).filter((number) => back.get(number).status !== 'available').map((number) => `${number} is not back`));
    assert.equal(back.get(lent).custodian, 'leo');
    register.tagbook('check');
    none(hand.flaws);
  });

  test('a basket is taken but for what cannot be, which is named with the reason', LIMIT, async (t) => {
    const commits = register.commits();
    const states = [...register.states().values()];
    const retired = states.find(({ status }) => status === 'retired').number;
    const held = states.find(({ custodian }) => custodian === 'bo').number;
    const free = states.filter(isFree).map(({ number }) => number).slice(0, 3);
    const hand = await phone(t);
    await hand.open(`${demo.address}desk/batch`);
    await hand.choose('Who are you?', 'Inês Carvalho');
    await hand.fill('Numbers', [...free, retired, held, 'CAM-9999'].join('\n'));
    await hand.look('basket');
    assert.equal(await hand.tap('Take all of it'), 200);
    await hand.look('receipt of a basket with refusals');
    assert.match(await hand.line(retired).innerText(), /retired since/);
    // "I have it now" takes over what somebody has, and says from whom.
    assert.match(await hand.line(held).innerText(), /Bo/);
    assert.match(await hand.line('CAM-9999').innerText(), /no such asset/);
    for (const number of free) assert.match(await hand.line(number).innerText(), /Inês/);
    assert.equal(register.commits(), commits + 1);
    const after = register.states();
    none([...free, held].filter((number) => after.get(number).custodian !== 'ines').map((number) => `${number} is not with Inês`));
    assert.equal(after.get(retired).status, 'retired');

    assert.equal(await hand.tap('No, all of that was wrong'), 200);
    assert.equal(register.commits(), commits + 2);
    const undone = register.states();
    assert.deepEqual([...free, held].map((number) => undone.get(number).custodian), [null, null, null, 'bo']);
    none(hand.flaws);
  });

  test('a basket grows with every label, and is empty once it is taken', LIMIT, async (t) => {
    const hand = await phone(t);
    for (const number of ['CMP-0004', 'CMP-0005']) {
      await hand.open(`${demo.address}desk/${number}`);
      await hand.tap('More');
      await hand.tap('Into the basket');
    }
    assert.equal(await hand.page.getByLabel('Numbers').inputValue(), 'CMP-0004\nCMP-0005');
    await hand.look('basket with two');
    await hand.choose('Who are you?', 'Noor El-Sayed');
    assert.equal(await hand.tap('Take all of it'), 200);
    assert.match(await hand.says(), /2 things recorded/);
    await hand.tap('The basket');
    assert.equal(await hand.page.getByLabel('Numbers').inputValue(), '');
    none(hand.flaws);
  });
});

// On its shelf, whole, by itself, and nobody has asked for it.
function isFree({ status, unsafe, reservations, part_of: kit, category, faults }) {
  return status === 'available' && !unsafe && category !== 'kit' && kit === null && reservations.length + faults.length === 0;
}

describe('a desk on the origin of its site', () => {
  let folder;
  let base;
  let desk;
  let register;
  before(async () => {
    folder = home();
    const port = await freePort();
    base = `http://kit.test:${port}/`;
    register = new Register(folder, base, `${base}desk`);
    register.tagbook('have', 'CAM-0001', '--by', 'ana');
    desk = await register.openDesk('--site', '--url', `${base}desk`, '--port', String(port));
  });
  after(() => {
    desk?.kill();
    remove(folder);
  });

  // A phone of someone, enrolled with a code that its keeper gave them.
  async function enrolled(t, person, options) {
    return register.enrol(await phone(t, options), base, person);
  }

  test('a stranger is told whom to tell, and nothing of people', LIMIT, async (t) => {
    const finder = await phone(t);
    await finder.open(`${base}CAM-0001/`);
    assert.match(await finder.says(), /CAM-0001.*Sony FX3, body.*kit@nord\.example/);
    await finder.look('finder');
    const curious = await phone(t);
    await curious.open(base);
    const told = [];
    for (const path of ['', 'CAM-0001', 'CAM-0001/', 'CAM-0001/asset.json', 'register.json', 'people/', 'people/ana/', 'activity/', 'search.tsv',
      'assets.csv', 'feed.xml', 'due.ics', 'tagbook.json', 'desk/CAM-0001', 'desk/CAM-0001.json', 'desk/me', 'desk/batch', 'desk/CAM-0001/have']) {
      const text = await curious.page.evaluate(async (url) => (await fetch(url)).text(), base + path);
      if (/\bana\b|Ruiz|\bben\b|Okafor|checked.out/i.test(text)) told.push(`/${path} speaks of people`);
    }
    none([...told, ...finder.flaws]);
  });

  test('a colleague whose phone is new finds from a label to enrolment', LIMIT, async (t) => {
    const hand = await phone(t);
    await hand.open(`${base}CAM-0001/`);
    await hand.tap('One of us\\? See where it is');
    await hand.page.getByLabel('The code that a keeper gave you').waitFor({ timeout: 2_000 });
    none(hand.flaws);
  });

  test('whoever enrols on the way to a form gets there', LIMIT, async (t) => {
    const hand = await phone(t);
    assert.equal((await hand.open(`${base}desk/CAM-0002/report`)).status(), 401);
    await hand.fill('The code that a keeper gave you', register.code('ben'));
    assert.equal(await hand.tap('Enrol this phone'), 200);
    assert.match(await hand.says(), /CAM-0002/);
    none(hand.flaws);
  });

  test('the code of a link is put where it would be typed, and out of the address', LIMIT, async (t) => {
    const code = register.code('ben');
    const hand = await phone(t);
    await hand.open(`${base}desk/enrol#${code}`);
    assert.equal(await hand.page.getByLabel('The code that a keeper gave you').inputValue(), code);
    assert.equal(hand.page.url(), `${base}desk/enrol`);
    assert.equal(await hand.tap('Enrol this phone'), 200);
    await hand.open(`${base}CAM-0001`);
    assert.match(await hand.says(), /With Ana Ruiz/);
    none(hand.flaws);
  });

  test('what is typed on a phone that is not enrolled waits for the code, and is recorded then', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben');
    await hand.open(`${base}desk/CAM-0002/report`);
    await hand.fill('What is wrong?', 'the strap is torn');
    await hand.context.clearCookies();
    const code = register.code('ben');
    const commits = register.pull().commits();
    assert.equal(await hand.tap('Report a fault'), 401);
    await hand.look('enrolment');
    await hand.fill('The code that a keeper gave you', 'zzzz-zzzz-zzzz');
    assert.equal(await hand.tap('Enrol this phone'), 404);
    assert.equal(register.pull().commits(), commits);
    await hand.look('enrolment with a wrong code');
    await hand.fill('The code that a keeper gave you', code);
    assert.equal(await hand.tap('Enrol this phone'), 200);
    assert.match(await hand.says(), /Recorded.*Ben.*the strap is torn/);
    assert.equal(register.pull().commits(), commits + 2);
    assert.equal(register.git('log', '-1', '--format=%ae'), 'ben@kit.test');
    assert.equal(register.states().get('CAM-0002').faults[0].note, 'the strap is torn');

    await hand.open(`${base}CAM-0001`);
    assert.match(await hand.says(), /With Ana Ruiz/);
    none(hand.flaws);
  });

  test('a new colleague asks, the keeper approves, and what waited is recorded under their name', LIMIT, async (t) => {
    const keeper = await enrolled(t, 'ana');
    const hand = await enrolled(t, 'ben');
    await hand.open(`${base}CAM-0003`);
    await hand.page.waitForLoadState('networkidle');
    await hand.context.clearCookies();
    assert.equal(await hand.tap('I have it now'), 401);
    const commits = register.pull().commits();
    await hand.fill('Your name', 'Cleo Marsh');
    assert.equal(await hand.tap('Ask a keeper'), 200);
    await hand.look('waiting for approval');
    const link = await hand.page.locator('main a[href*="/approve"]').getAttribute('href');
    assert.equal(register.pull().commits(), commits);

    await keeper.open(link);
    assert.match(await keeper.says(), /Cleo/);
    await keeper.look('approval');
    await keeper.choose('Who is it?', 'Someone new: Cleo Marsh');
    assert.equal(await keeper.tap('Approve'), 200);
    assert.match(await keeper.says(), /Approved/);
    assert.equal(await hand.tap('It is approved, go on'), 200);
    assert.match(await hand.says(), /Recorded.*Cleo/);
    assert.equal(register.pull().commits(), commits + 2);
    assert.equal(register.states().get('CAM-0003').custodian, 'cleo-marsh');
    assert.deepEqual(register.git('log', '-2', '--format=%ae').split('\n'), ['cleo-marsh@kit.test', 'ana@kit.test']);
    register.tagbook('check');
    none([...hand.flaws, ...keeper.flaws]);
  });

  test('a phone that its owner has ended can do nothing more', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben');
    const other = await hand.context.newPage();
    await other.goto(`${base}CAM-0002`);
    await hand.open(`${base}desk/me`);
    await hand.look('what I hold on a phone');
    // The last that was enrolled is the one in hand.
    const own = register.pull().git('log', '-1', '--format=', '--name-only').split('/').at(-1).replace('.toml', '');
    const form = hand.page.locator('form').filter({ has: hand.page.locator(`input[value="${own}"]`) });
    assert.equal(await hand.tap('End this phone', form), 401);
    const commits = register.pull().commits();
    const answer = other.waitForResponse((response) => response.request().method() === 'POST');
    await other.getByRole('button', { name: 'I see it here' }).tap();
    assert.equal((await answer).status(), 401);
    assert.equal(register.pull().commits(), commits);
    none(hand.flaws);
  });

  test('without scripts a scanned label is one tap from its receipt', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben', { javaScriptEnabled: false });
    const commits = register.pull().commits();
    await hand.open(`${base.replace('kit.test', 'KIT.TEST')}CAM-0001`);
    assert.match(await hand.says(), /With Ana Ruiz/);
    assert.equal(await hand.tap('I have it now'), 200);
    assert.match(hand.page.url(), /\/desk\/receipt\/CAM-0001\//);
    assert.match(await hand.says(), new RegExp(`Recorded.*Ben.*commit ${register.pull().head().slice(0, 7)}`));
    assert.equal(register.commits(), commits + 1);
    none(hand.flaws);
  });

  test('a part of a kit that is not ticked stays behind', LIMIT, async (t) => {
    const hand = await enrolled(t, 'ben');
    const commits = register.pull().commits();
    await hand.open(`${base}KIT-0001`);
    await hand.tap('More');
    await hand.tap('Until a day, or for someone');
    const along = (number) => hand.line(number).getByRole('checkbox', { name: 'comes along' });
    for (const number of ['KIT-0001', 'SND-0001', 'SND-0002']) assert.ok(await along(number).isChecked(), number);
    await along('SND-0002').uncheck();
    await hand.line('SND-0001').getByRole('checkbox', { name: 'lavalier' }).uncheck();
    await hand.look('form of a kit');
    assert.equal(await hand.tap('Take it'), 200);
    assert.match(await hand.says(), /Recorded.*Wireless, A/);
    await hand.look('receipt of a kit');
    assert.equal(register.pull().commits(), commits + 1);
    const states = register.states();
    assert.deepEqual(['KIT-0001', 'SND-0001', 'SND-0002'].map((number) => states.get(number).custodian), ['ben', 'ben', null]);
    assert.match(register.git('show', 'HEAD'), /note = "without lavalier"/);

    assert.equal(await hand.tap('No, that was wrong'), 200);
    assert.equal(register.pull().commits(), commits + 2);
    const undone = register.states();
    assert.deepEqual(['KIT-0001', 'SND-0001', 'SND-0002'].map((number) => undone.get(number).custodian), [null, null, null]);
    none(hand.flaws);
  });

  test('what Ana hands over is Ben’s once he says so on his phone', LIMIT, async (t) => {
    const ana = await enrolled(t, 'ana');
    const ben = await enrolled(t, 'ben');
    const commits = register.pull().commits();
    await ana.open(`${base}CAM-0002`);
    await ana.tap('I have it now');
    await ana.tap('Back to it');
    await ana.tap('More');
    await ana.tap('Hand it over');
    await ana.choose('To whom', 'Ben Okafor');
    assert.equal(await ana.tap('Hand it over'), 200);
    assert.equal(register.pull().states().get('CAM-0002').unconfirmed, true);

    await ben.open(`${base}CAM-0002`);
    assert.equal(await ben.page.locator('nav.do .first').innerText(), 'Yes, I have it');
    await ben.look('live page of a hand-over');
    assert.equal(await ben.tap('Yes, I have it'), 200);
    assert.match(await ben.says(), /Recorded.*Ben/);
    const { custodian, unconfirmed } = register.pull().states().get('CAM-0002');
    assert.deepEqual({ custodian, unconfirmed }, { custodian: 'ben', unconfirmed: false });
    assert.equal(register.commits(), commits + 3);
    none([...ana.flaws, ...ben.flaws]);
  });
});

for (const [where, host, isNear] of [['on a sub-domain', 'desk.kit.test', true], ['on a foreign domain', 'desk.other.test', false]]) {
  test(`a static site with its desk ${where}: from the page’s button to the commit`, LIMIT, async (t) => {
    const [sitePort, deskPort] = [await freePort(), await freePort()];
    const site = `http://kit.test:${sitePort}/`;
    const at = `http://${host}:${deskPort}`;
    const folder = home();
    const register = new Register(folder, site, at);
    const desk = await register.openDesk('--url', at, '--port', String(deskPort));
    t.after(() => {
      desk.kill();
      remove(folder);
    });
    t.after(await register.host(sitePort));
    const hand = await phone(t);
    await hand.open(`${at}/enrol#${register.code('ben')}`);
    assert.equal(await hand.tap('Enrol this phone'), 200);

    await hand.open(`${site}CAM-0001/`);
    await hand.look(`static page with its desk ${where}`);
    const commits = register.pull().commits();
    assert.equal(await hand.tap('I have it now'), 200);
    assert.equal(new URL(hand.page.url()).host, `${host}:${deskPort}`);
    assert.equal(await hand.tap('I have it now'), 200);
    assert.match(await hand.says(), new RegExp(`Recorded.*Ben.*commit ${register.pull().head().slice(0, 7)}`));
    await hand.look(`receipt of a desk ${where}`);
    assert.equal(register.commits(), commits + 1);
    assert.equal(register.git('log', '-1', '--format=%ae'), `ben@${host}`);

    // The page was made before: a desk whose cookie the page may send says how it is now.
    const [said] = await Promise.all([hand.page.waitForResponse(`${at}/CAM-0001.json`), hand.open(`${site}CAM-0001/`)]);
    assert.equal(said.status(), isNear ? 200 : 401);
    if (isNear) {
      await hand.page.locator('.now.out').waitFor();
      assert.match(await hand.says(), /With Ben Okafor since today \d\d:\d\d More has happened .* It’s back/);
      assert.match(await hand.page.locator('.foot').innerText(), /As of today \d\d:\d\d/);
      await hand.look('a static page that is brought up to date');
      await hand.page.getByText('More has happened').tap();
    } else {
      assert.match(await hand.says(), /Available in Shelf A/);
      await hand.open(`${at}/CAM-0001`);
    }
    await hand.page.waitForURL(`${at}/CAM-0001`);
    assert.equal(await hand.tap('It’s back'), 200);
    assert.equal(register.pull().states().get('CAM-0001').status, 'available');
    none(hand.flaws);
  });
}
