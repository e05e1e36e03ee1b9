// `tagbook serve` shows a change as it is saved, shows findings on the page, and keeps the last good site meanwhile.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DESKTOP, launch, openWindow } from './lib/browser.js';
import { environment, freePort, start } from './lib/program.js';
import { none } from './lib/problems.js';
import { copyOf } from './lib/registers.js';
import { json, sites, walk } from './lib/sites.js';

const SHOWN_WITHIN = 20_000;

test('serve: a saved change reloads the page, a broken file shows its finding, mending it takes it away', { timeout: 300_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tagbook-serve-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const browser = await launch();
  t.after(() => browser.close());
  const site = sites().find(({ team }) => team);
  const { number, name } = json(site, 'register.json').assets.find((asset) => asset.status === 'available');
  const register = copyOf(site.register, home);
  const record = join(register, walk(register).find((path) => path.endsWith(`/${number}/asset.toml`)));
  const good = readFileSync(record, 'utf8').replace(/^name = .*$/m, 'name = "Renamed while you looked"');
  const server = await start(['-C', register, 'serve', '--port', String(await freePort())], { cwd: home, env: environment(home) });
  t.after(() => server.kill());

  const { page, complaints } = await openWindow(browser, DESKTOP);
  await page.goto(`${server.address}${number}/`);
  const heading = page.locator('h1');
  const alert = page.locator('[role=alert]:visible');
  assert.equal(await heading.innerText(), name);
  assert.equal(await alert.count(), 0, 'a finding is shown before anything is broken');

  writeFileSync(record, good);
  await page.getByRole('heading', { level: 1, name: 'Renamed while you looked' }).waitFor({ timeout: SHOWN_WITHIN });

  writeFileSync(record, `${good}\nserail = \n`);
  await alert.filter({ hasText: `${number}/asset.toml` }).first().waitFor({ timeout: SHOWN_WITHIN });
  assert.equal(await heading.innerText(), 'Renamed while you looked', 'the last good site stays');

  writeFileSync(record, good);
  await alert.first().waitFor({ state: 'detached', timeout: SHOWN_WITHIN });
  assert.equal(await heading.innerText(), 'Renamed while you looked');
  none(complaints);
  await server.stop();
});
