// Runs `tagbook serve` or `tagbook demo` until told to stop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const STARTS_WITHIN = 120_000;
const STOPS_WITHIN = 10_000;

// A home of its own and an identity, so that no git settings of this machine reach a test.
export function environment(home) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana Ruiz',
    GIT_AUTHOR_EMAIL: 'ana@kit.example.org',
    GIT_COMMITTER_NAME: 'Ana Ruiz',
    GIT_COMMITTER_EMAIL: 'ana@kit.example.org',
  };
}

export function tagbook() {
  if (!process.env.TAGBOOK) throw new Error('TAGBOOK is not set to the binary: start these tests with tests/run');
  return process.env.TAGBOOK;
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// { address, stop, kill }; resolves when the address was printed on stdout. `stop` is Ctrl-C and must work; `kill` cleans up.
export async function start(args, options) {
  const child = spawn(tagbook(), args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stderr.on('data', (data) => {
    output += data;
  });
  const address = new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      output += data;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(output);
      if (found) resolve(found[0]);
    });
  });
  const ended = exited.then(([code]) => {
    throw new Error(`tagbook ${args.join(' ')} ended with ${code}:\n${output}`);
  });
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`tagbook ${args.join(' ')} printed no address:\n${output}`)), STARTS_WITHIN).unref();
  });
  ended.catch(() => {});
  late.catch(() => {});
  const kill = () => child.kill('SIGKILL');
  try {
    return { address: await Promise.race([address, ended, late]), stop: () => stop(child, exited), kill };
  } catch (error) {
    kill();
    throw error;
  }
}

// As a person stops it: Ctrl-C.
async function stop(child, exited) {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN);
  const [, signal] = await exited;
  clearTimeout(timer);
  if (signal === 'SIGKILL') throw new Error('did not stop on Ctrl-C');
}
