// A check gathers every problem it sees and fails once, with all of them.
const SHOWN = 25;

export function none(problems) {
  if (problems.length === 0) return;
  const rest = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
  const error = new Error([...problems.slice(0, SHOWN), ...rest].join('\n'));
  error.stack = error.message;
  throw error;
}
