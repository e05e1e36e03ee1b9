// The same binary, started by the runtime of AWS Lambda, answers the events of a function URL: here the runtime's emulator's.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { environment, freePort } from './lib/program.js';

const READY_WITHIN = 60_000;
const TOKEN = 'a-token-of-a-phone';

// The emulator wants a package beside it; it starts nothing of it.
const MANIFEST = fileURLToPath(new URL('../../Cargo.toml', import.meta.url));

const connected = async (port) => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
};

const needed = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set: start these tests with tests/run`);
  return process.env[name];
};

const until = async (what, ready) => {
  const end = Date.now() + READY_WITHIN;
  for (;;) {
    const found = await ready().catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} is not ready`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

test('lambda: a function URL takes a motion, and the remote has the commit', { timeout: 180_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tagbook-lambda-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const env = environment(home);
  const remote = register(home, env);
  const port = await freePort();
  const emulator = spawn(needed('CARGO_LAMBDA'), ['lambda', 'watch', '--only-lambda-apis', '--manifest-path', MANIFEST, '-A', '127.0.0.1', '-P', String(port)], {
    cwd: home, stdio: 'ignore',
  });
  t.after(() => emulator.kill('SIGKILL'));
  await until('the emulator', () => connected(port));
  const desk = spawn(needed('TAGBOOK_LAMBDA'), [], {
    cwd: home,
    env: {
      ...env,
      AWS_LAMBDA_RUNTIME_API: `http://127.0.0.1:${port}/.rt`,
      AWS_LAMBDA_FUNCTION_NAME: '_',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      TAGBOOK_REMOTE: remote,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.after(() => desk.kill('SIGKILL'));

  const base = `http://127.0.0.1:${port}/lambda-url/_/desk`;
  const headers = { accept: 'application/json', authorization: `Bearer ${TOKEN}` };
  const started = Date.now();
  const health = await until('the desk', async () => {
    const answer = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? answer.json() : undefined;
  });
  t.diagnostic(`first answer ${Date.now() - started} ms after the start`);
  const git = (...args) => execFileSync('git', ['-C', remote, ...args], { env }).toString().trim();
  assert.equal(health.commit, git('rev-parse', 'main'));

  const taken = await fetch(`${base}/CAM-0001/have`, {
    method: 'POST', headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: 'due=2030-01-01&nonce=1',
  });
  const receipt = await taken.json();
  assert.equal(taken.status, 200, JSON.stringify(receipt));
  assert.equal(receipt.commit, git('rev-parse', 'main'), 'the remote has it');
  assert.equal(receipt.state.custodian, 'ana');
  assert.match(git('log', '-1', '--format=%an <%ae>%n%b'), /ana <ana@kit\.example\.org>[^]*Tagbook-Event: CAM-0001\//);

  const stranger = await fetch(`${base}/CAM-0001/back`, {
    method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }, body: '',
  });
  assert.equal(stranger.status, 401);
  const page = await fetch(`${base}/CAM-0001`, { headers: { authorization: headers.authorization } });
  assert.match(await page.text(), /With <a [^>]*><bdi>Ana<\/bdi>/);
  execFileSync('git', ['-C', remote, 'fsck', '--strict'], { env });
});

// A bare repository with a register of one asset and one phone.
function register(home, env) {
  const folder = join(home, 'kit');
  const files = {
    'tagbook.toml': 'title = "Kit"\nbase_url = "https://kit.example.org/"\ndesk_url = "https://kit.example.org/desk"\n',
    'people/ana.toml': 'name = "Ana"\nrole = "keeper"\n',
    'phones/ana/7k2m.toml': `token_sha256 = "${createHash('sha256').update(TOKEN).digest('hex')}"\nsince = 2026-01-01T00:00:00Z\n`,
    'categories.toml': '[camera]\nname = "Cameras"\nprefix = "CAM"\n',
    'assets/CAM-00xx/CAM-0001/asset.toml': 'name = "Camera"\ncategory = "camera"\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const git = (cwd, ...args) => execFileSync('git', args, { cwd, env, stdio: 'pipe' });
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', 'register');
  git(home, 'clone', '--quiet', '--bare', 'kit', 'kit.git');
  return join(home, 'kit.git');
}
