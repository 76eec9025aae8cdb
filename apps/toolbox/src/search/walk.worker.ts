import { parentPort, workerData } from 'node:worker_threads';
import { ConfinedRoot } from '../files/confined-root.js';
import { explain } from '../toolbox.errors.js';
import { walkFolder } from './folder-walk.js';
import { searchText } from './text-search.js';
import type { ListedEntry, WalkMessage, WalkRequest } from './walk-job.js';

const BATCH = 200;

function send(message: WalkMessage): void {
  parentPort?.postMessage(message);
}

async function list(root: ConfinedRoot, request: Extract<WalkRequest, { kind: 'list' }>): Promise<void> {
  let batch: ListedEntry[] = [];
  for await (const { path, kind, bytes } of walkFolder(root, request.walk)) {
    batch.push({ path, kind, bytes });
    if (batch.length < BATCH) continue;
    send({ kind: 'items', items: batch });
    batch = [];
  }
  send({ kind: 'items', items: batch });
}

async function walk(request: WalkRequest): Promise<void> {
  const root = await ConfinedRoot.open(request.root);
  try {
    if (request.kind === 'list') await list(root, request);
    else for await (const items of searchText(root, request.walk)) send({ kind: 'items', items });
  } finally {
    await root.close();
  }
}

try {
  await walk(workerData as WalkRequest);
  send({ kind: 'done' });
} catch (error) {
  send({ kind: 'failed', message: explain(error) });
}
