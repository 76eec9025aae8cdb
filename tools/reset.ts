/** `npm run reset`: clears what the control plane and its local worker keep in the data directory. */
import { readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EmbeddedPostgres, findDataDirHolder } from '../dist/platform/db/index.js';

const OWN_FOLDER = resolve('.coorchat');
const OUR_FILES = ['secret.key', 'postgres.password', 'admin.key'];

/** A mistyped COORCHAT_DATA_DIR must not cost anybody a folder of something else. */
function isOurs(dataDir: string, names: readonly string[]): boolean {
  return dataDir === OWN_FOLDER || names.some((name) => OUR_FILES.includes(name));
}

async function reset(dataDir: string): Promise<string | undefined> {
  const names = await readdir(dataDir).catch(() => undefined);
  if (!names) return undefined;
  if (!isOurs(dataDir, names))
    return `${dataDir} does not look like a data directory of CoorChat. Nothing was deleted.`;
  const holder = await findDataDirHolder(dataDir);
  if (holder) return `CoorChat is running on ${dataDir} (process ${holder.pid}). Stop it first, then reset.`;
  await EmbeddedPostgres.remove(dataDir);
  await rm(dataDir, { recursive: true, force: true });
  return undefined;
}

const dataDir = resolve(process.env['COORCHAT_DATA_DIR'] ?? OWN_FOLDER);
const refusal = await reset(dataDir);
if (refusal === undefined) console.log(`${dataDir} is clear.`);
else console.error(refusal);
process.exitCode = refusal === undefined ? 0 : 1;
