// The same binary, started by the runtime of AWS Lambda, answers the events of a function URL: here the runtime's emulator's.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SECRET, TINY, asTaken, multipart } from './lib/photos.js';
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
  const { base, git } = await deskOnLambda(t);
  const headers = { accept: 'application/json', authorization: `Bearer ${TOKEN}` };
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
  git('fsck', '--strict');
});

test('lambda: reports count by the address that the gateway saw, whatever their sender makes up', { timeout: 180_000 }, async (t) => {
  const { port, git } = await deskOnLambda(t);
  const report = async (index, sourceIp) => {
    const began = Math.floor(Date.now() / 1000) - 60;
    const answer = await fetch(`http://127.0.0.1:${port}/2015-03-31/functions/_/invocations`, {
      method: 'POST',
      body: JSON.stringify(posted('/desk/CAM-0001/report', { note: `fault ${index}`, severity: 'minor', began }, sourceIp, `198.51.100.${index}`)),
    });
    return answer.json();
  };
  for (let index = 0; index < 5; index += 1) {
    const taken = await report(index, '203.0.113.1');
    assert.equal(taken.statusCode, 200, JSON.stringify(taken));
  }
  const sixth = await report(5, '203.0.113.1');
  assert.equal(sixth.statusCode, 429, JSON.stringify(sixth));
  assert.match(sixth.headers['retry-after'], /^[1-9]\d*$/);
  const other = await report(6, '203.0.113.2');
  assert.equal(other.statusCode, 200, JSON.stringify(other));
  assert.equal(git('rev-list', '--count', 'main'), '7', 'the register, and six reports');
  assert.equal(git('grep', '-hoE', 'fault [0-9]', 'main', '--', 'assets').split('\n').sort().join(), [0, 1, 2, 3, 4, 6].map((index) => `fault ${index}`).join());
});

test('lambda: a photo comes through as it was sent, and goes out as it is kept', { timeout: 180_000 }, async (t) => {
  const { base, git } = await deskOnLambda(t);
  const headers = { accept: 'application/json', authorization: `Bearer ${TOKEN}` };
  const { type, body } = multipart({ note: 'scratched', severity: 'minor', nonce: '1' }, [['a.jpg', asTaken(TINY)]]);
  const taken = await fetch(`${base}/CAM-0001/report`, { method: 'POST', headers: { ...headers, 'content-type': type }, body });
  const receipt = await taken.json();
  assert.equal(taken.status, 200, JSON.stringify(receipt));
  const shown = await fetch(`${base}/CAM-0001/photos/${receipt.event}-1.jpg`, { headers });
  assert.deepEqual([shown.status, shown.headers.get('content-type')], [200, 'image/jpeg']);
  const bytes = Buffer.from(await shown.arrayBuffer());
  const [path] = git('ls-tree', '-r', '--name-only', 'main').split('\n').filter((name) => name.endsWith('.jpg'));
  assert.equal(createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'), git('rev-parse', `main:${path}`));
  assert.ok(!bytes.includes(SECRET) && bytes.subarray(-40).equals(TINY.subarray(-40)));
  git('fsck', '--strict');
});

// The event of a function URL: a form that comes from `sourceIp` and says that it comes from elsewhere.
function posted(path, fields, sourceIp, forwarded) {
  const domainName = 'kit.lambda-url.eu-central-1.on.aws';
  const now = new Date();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { host: domainName, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': forwarded },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'kit',
      domainName,
      domainPrefix: 'kit',
      http: { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp, userAgent: 'a browser' },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    body: Buffer.from(new URLSearchParams(fields).toString()).toString('base64'),
    isBase64Encoded: true,
  };
}

// A desk that the emulator's runtime has started, once it answers for the register of a repository.
async function deskOnLambda(t) {
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
  const started = Date.now();
  const health = await until('the desk', async () => {
    const answer = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? answer.json() : undefined;
  });
  t.diagnostic(`first answer ${Date.now() - started} ms after the start`);
  const git = (...args) => execFileSync('git', ['-C', remote, ...args], { env }).toString().trim();
  assert.equal(health.commit, git('rev-parse', 'main'));
  return { port, base, git };
}

// A bare repository with a register of one asset and one phone.
function register(home, env) {
  const folder = join(home, 'kit');
  const files = {
    'tagbook.toml': 'title = "Kit"\nbase_url = "https://kit.example.org/"\ndesk_url = "https://kit.example.org/desk"\n\n[desk]\nanonymous_reports = true\n',
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
