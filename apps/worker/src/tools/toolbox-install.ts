import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

const require = createRequire(import.meta.url);
const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

export interface ToolboxInstall {
  /** The program, for node. */
  readonly main: string;
  /** Folders that it needs to see in order to start. */
  readonly folders: readonly string[];
}

function parents(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...parents(parent)];
}

/** Packages of a workspace are links out of `node_modules`, and so are the packages that they use. */
function linkedPackages(folder: string, modules: readonly string[], seen: Set<string>): void {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  for (const name of Object.keys(manifest.dependencies)) {
    const link = modules.map((each) => join(each, name)).find((each) => existsSync(each));
    const target = link === undefined ? undefined : realpathSync(link);
    if (target === undefined || target === link || seen.has(target)) continue;
    seen.add(target);
    linkedPackages(target, modules, seen);
  }
}

/** The folder of a node that does not come from the system: npm lies beside it. */
export function nodeFolders(execPath: string): readonly string[] {
  const program = realpathSync(execPath);
  const prefix = dirname(dirname(program));
  // Only a real distribution: `~/bin/node` must not show the home folder.
  return basename(dirname(program)) === 'bin' && existsSync(join(prefix, 'include', 'node')) ? [prefix] : [program];
}

/** Where the toolbox is installed beside this worker. */
export function findToolbox(execPath: string = process.execPath): ToolboxInstall {
  const main = realpathSync(require.resolve('@coorchat/toolbox/main'));
  const folder = dirname(dirname(main));
  const modules = parents(folder)
    .map((parent) => join(parent, 'node_modules'))
    .filter((each) => existsSync(each));
  const linked = new Set<string>();
  linkedPackages(folder, modules, linked);
  return { main, folders: [folder, ...modules, ...linked, ...nodeFolders(execPath)] };
}
