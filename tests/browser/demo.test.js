// `tagbook demo` makes a repository with a lived-in history, serves it, and stops on Ctrl-C.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PHONE, launch, openWindow } from './lib/browser.js';
import { overflow } from './lib/looks.js';
import { environment, freePort, start, tagbook } from './lib/program.js';
import { none } from './lib/problems.js';

const DAY = 24 * 60 * 60 * 1000;

test('demo: a repository with over 300 commits up to yesterday, served, clean, stopped by Ctrl-C', { timeout: 300_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tagbook-demo-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const browser = await launch();
  t.after(() => browser.close());
  const register = join(home, 'demo');
  const options = { cwd: home, env: environment(home) };
  const server = await start(['demo', register, '--port', String(await freePort())], options);
  t.after(() => server.kill());

  const git = (...args) => execFileSync('git', ['-C', register, ...args], options).toString().trim();
  assert.ok(Number(git('rev-list', '--count', 'HEAD')) > 300, 'over 300 commits');
  assert.equal(git('status', '--porcelain'), '', 'nothing left uncommitted');
  const age = Date.now() - Date.parse(git('log', '-1', '--format=%cI'));
  assert.ok(age > -DAY && age < 3 * DAY, `the newest commit is ${Math.round(age / DAY)} days old`);
  execFileSync(tagbook(), ['-C', register, 'check'], options);

  const { page, complaints } = await openWindow(browser, PHONE);
  const answer = await page.goto(server.address);
  assert.equal(answer.status(), 200);
  assert.ok(await page.locator('main a[href]').count() > 5, 'the dashboard has links');
  none([...await overflow(page, PHONE.width), ...complaints]);
  await server.stop();
});
