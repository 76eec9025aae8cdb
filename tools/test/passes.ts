import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const SIZES = ['small', 'architecture', 'medium', 'conformance', 'e2e'] as const;
export type Size = (typeof SIZES)[number];
export type Backend = 'postgres' | 'redis';

/** One run of vitest. `paths` narrows it to files whose path contains one of them. */
export interface Pass {
  readonly title: string;
  readonly config: string;
  readonly paths: readonly string[];
  readonly backend: Backend;
}

/** Rooms whose medium tests go through the queue, and therefore run on both backends. */
const QUEUE_ROOMS = ['queue', 'orchestration', 'planner', 'scheduler', 'dispatch', 'tunnel-gateway'];

function hasSpecs(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => `${name}`.endsWith('.spec.ts'));
}

function pass(size: Size, backend: Backend, folders: readonly string[]): Pass[] {
  const paths = folders.filter(hasSpecs).map((folder) => `${folder}/`);
  if (paths.length === 0) return [];
  const config = size === 'medium' || size === 'architecture' ? 'vitest.medium.config.ts' : 'vitest.e2e.config.ts';
  const title = size === 'architecture' ? size : `${size}, queue on ${backend === 'redis' ? 'Redis' : 'PostgreSQL'}`;
  return [{ title, config, paths, backend }];
}

/** What gives the queue nothing to do; pages of accounts lie in a folder of their own. */
const WITHOUT_QUEUE = new Set(['bench-auth.spec.ts', 'guides.spec.ts', 'old-identity.spec.ts']);

/** Specs that know no queue run once. */
function throughQueue(passes: readonly Pass[], folder: string): Pass[] {
  const paths = readdirSync(folder).filter((name) => name.endsWith('.spec.ts') && !WITHOUT_QUEUE.has(name));
  return passes.map((each) => ({ ...each, paths: paths.map((name) => `${folder}/${name}`) }));
}

function passesOfSize(size: Size): Pass[] {
  const folder = join('test', size).replaceAll('\\', '/');
  switch (size) {
    case 'small':
      return [{ title: 'small', config: 'vitest.config.ts', paths: [], backend: 'postgres' }];
    case 'architecture':
      return pass(size, 'postgres', [folder]);
    case 'medium': {
      const onBoth = QUEUE_ROOMS.map((room) => `${folder}/${room}`);
      return [...pass(size, 'postgres', [folder]), ...pass(size, 'redis', onBoth)];
    }
    case 'conformance':
      return pass(size, 'postgres', [folder]);
    case 'e2e':
      return [...pass(size, 'postgres', [folder]), ...throughQueue(pass(size, 'redis', [folder]), folder)];
  }
}

/** Empty `sizes` means all; sizes without a test yet make no pass. */
export function passesOf(sizes: readonly string[], backend: string): Pass[] {
  const wanted = SIZES.filter((size) => sizes.length === 0 || sizes.includes(size));
  const passes = wanted.flatMap(passesOfSize);
  return backend === 'both' ? passes : passes.filter((each) => each.backend === backend);
}
