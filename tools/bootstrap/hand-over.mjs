import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { inRoot, nodeToUse, root } from './root.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const REPEAT_MS = 300;
const PARENT_CHECK_MS = 500;

/**
 * Sends our signals on to the child. A Ctrl-C in a terminal reaches the child by itself, and npm passes on the same
 * signal again: forwarding either would look like a second, impatient Ctrl-C.
 */
function forwardSignals(child) {
  const lastAt = new Map();
  const forward = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    const now = Date.now();
    if (now - (lastAt.get(signal) ?? 0) > REPEAT_MS) child.kill(signal);
    lastAt.set(signal, now);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
}

/** Who ends npm ends its shell, which passes nothing on: then nobody waits for us any more, and the child stops too. */
function stopWhenAbandoned(child) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}

/** Windows spells the variable `Path`; two spellings in one environment would hide one of them. */
function withPinnedTools(environment) {
  const key = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...environment, [key]: `${inRoot('node_modules', '.bin')}${delimiter}${environment[key] ?? ''}` };
}

/** Goes on with the pinned Node; answers with the exit code of the command. */
export function handOver(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeToUse(), [inRoot(script), ...args], {
      cwd: root,
      stdio: 'inherit',
      env: withPinnedTools(process.env),
    });
    forwardSignals(child);
    stopWhenAbandoned(child);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
