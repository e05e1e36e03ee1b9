// The reporter of the test runner: what failed and why, then one closing line.
export default async function* report(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite') passed += 1;
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if (type !== 'test:fail') continue;
    const error = data.details.error;
    if (error.failureType === 'subtestsFailed') continue;
    failed += 1;
    const cause = error.cause ?? error;
    yield `FAILED ${data.name}\n${indented(cause.stack ?? cause.message ?? String(cause))}\n`;
  }
  yield `${passed} passed, ${failed} failed\n`;
}

// Without colours and without the runner's own lines of the stack.
function indented(text) {
  const lines = text.replace(/\u001b\[\d+m/g, '').split('\n');
  return lines.filter((line) => !line.includes('node:internal/')).map((line) => `    ${line}`).join('\n');
}
