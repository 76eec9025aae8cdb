import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { capture } from './capture.mjs';
import { withProgress } from './progress.mjs';
import { inRoot, root } from './root.mjs';

function packagesOf(...path) {
  try {
    return JSON.parse(readFileSync(inRoot(...path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm writes node_modules/.package-lock.json when an installation is complete: it must hold what the lock asks for. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules', '.package-lock.json');
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = installed[path];
    if (!found) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return found.version === entry.version && Boolean(found.link) === Boolean(entry.link);
  });
}

/** The npm that started us, on the Node that runs it; else the one on the path. */
function npm() {
  const cli = process.env.npm_execpath;
  if (cli && basename(cli) === 'npm-cli.js') {
    return { command: process.env.npm_node_execpath ?? process.execPath, args: [cli], shell: false };
  }
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

/** Windows cannot replace the node.exe that is running this; `npm install` leaves it where it is. */
function installArguments() {
  const runsFromHere = process.platform === 'win32' && process.execPath.startsWith(root);
  const how = runsFromHere ? ['install', '--no-save'] : ['ci'];
  return [...how, '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
}

/** Installs the packages when they are missing or older than the lock file. npm's warnings show only on failure. */
export async function installPackages() {
  if (isInstalled()) return;
  const { command, args, shell } = npm();
  await withProgress('Installing packages', () => capture(command, [...args, ...installArguments()], { shell }));
}
