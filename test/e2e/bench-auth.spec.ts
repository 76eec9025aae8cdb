import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../..');
const rate = z.number().int().positive();

/** Others read this line: no more and no less. */
const printed = z.strictObject({
  tokensPerSecond: z.strictObject({ secret: rate, privateKeyJwt: rate }),
  requestsPerSecond: z.strictObject({ open: rate, jwt: rate, apiKey: rate }),
});

it('prints one line with the rates of tokens and requests', async () => {
  const script = path.join(ROOT, 'tools/bench/main.ts');
  const args = [script, 'auth', '--json', '--rounds', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(printed.safeParse(JSON.parse(stdout)).error).toBeUndefined();
}, 130_000);
