import { spawn } from 'node:child_process';
import { root } from './root.mjs';

const KEPT_CHARS = 200_000;

/** Runs a program quietly; when it fails, the error carries what it printed. Ctrl-C ends it and us. */
export function capture(command, args, { env = process.env, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, shell, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT_CHARS));
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${output.trimEnd()}\n\n${command} ended with ${signal ?? code}.`.trimStart()));
    });
  });
}
