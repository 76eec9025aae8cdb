import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const inRoot = (...parts) => join(root, ...parts);

const pinnedNode = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const PINNED_MAJOR = 24;

/** The Node that everything runs on: the pinned one, or the machine's own where it is as new. */
export function nodeToUse() {
  if (existsSync(pinnedNode)) return pinnedNode;
  if (Number(process.versions.node.split('.')[0]) >= PINNED_MAJOR) return process.execPath;
  throw new Error(
    `Node ${PINNED_MAJOR} was not installed with the packages (node_modules/node is incomplete). ` +
      'Are install scripts switched off (npm config get ignore-scripts)? ' +
      `Run: npm ci --ignore-scripts=false, or use Node ${PINNED_MAJOR} on this machine.`,
  );
}
