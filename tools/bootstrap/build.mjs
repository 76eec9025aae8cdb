import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { capture } from './capture.mjs';
import { withProgress } from './progress.mjs';
import { inRoot, nodeToUse } from './root.mjs';

const stampFolder = inRoot('node_modules', '.cache', 'coorchat');
const generatedStamp = inRoot('node_modules', '.cache', 'coorchat', 'generated');
const generatedClient = inRoot('src', 'platform', 'db', 'generated', 'client.ts');

function schemaHash() {
  const folder = inRoot('prisma', 'schema');
  const hash = createHash('sha256').update(readFileSync(inRoot('node_modules', 'prisma', 'package.json')));
  for (const name of readdirSync(folder).sort())
    hash.update(name).update(readFileSync(inRoot('prisma', 'schema', name)));
  return hash.digest('hex');
}

function isGenerated(hash) {
  return existsSync(generatedClient) && existsSync(generatedStamp) && readFileSync(generatedStamp, 'utf8') === hash;
}

/** The database client, from prisma/schema. */
export async function generateClient() {
  const hash = schemaHash();
  if (isGenerated(hash)) return;
  const prisma = inRoot('node_modules', 'prisma', 'build', 'index.js');
  await withProgress('Generating the database client', () => capture(nodeToUse(), [prisma, 'generate']));
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(generatedStamp, hash);
}

/** Incremental: a second of nothing when `dist/` is up to date. */
export async function compile() {
  const tsc = inRoot('node_modules', 'typescript-7', 'bin', 'tsc');
  const args = [tsc, '-b', inRoot('tsconfig.build.json'), '--pretty', String(Boolean(process.stderr.isTTY))];
  await withProgress('Compiling', () => capture(nodeToUse(), args), { quietMs: 1500 });
}
