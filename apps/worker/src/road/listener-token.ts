import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What the control plane shows to this worker's listener; made at the first start. */
export async function listenerToken(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'listener.token');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known.length >= 32) return known;
  const token = `ccl_${randomBytes(32).toString('base64url')}`;
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
