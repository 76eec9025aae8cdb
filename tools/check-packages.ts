/**
 * What npm itself does not insist on: exact versions, the same version everywhere, a complete lock file without
 * registry hosts, and TypeScript project references that match the dependencies between our packages.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { lockFaults } from './check/lock-faults.ts';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const EXACT = /^(npm:(@?[^@]+)@)?\d+\.\d+\.\d+([-+][\w.-]+)?$/;
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const folders = ['.', ...globSync('{libs,apps}/*/package.json').map((path) => dirname(path))];
const manifests = folders.map((folder) => ({ folder, manifest: json(join(folder, 'package.json')) as Manifest }));

function versionFaults(): string[] {
  const seen = new Map<string, { version: string; folder: string }>();
  return manifests.flatMap(({ folder, manifest }) =>
    Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).flatMap(([name, version]) => {
      const first = seen.get(name) ?? { version, folder };
      seen.set(name, first);
      if (!EXACT.test(version)) return [`${folder}/package.json: ${name} is not pinned: ${version}`];
      return first.version === version
        ? []
        : [`${name} is ${version} in ${folder} but ${first.version} in ${first.folder}`];
    }),
  );
}

function referencesOf(folder: string): string[] {
  const config = json(join(folder, 'tsconfig.json')) as { references?: { path: string }[] };
  return (config.references ?? []).map((reference) => normalize(join(folder, reference.path)));
}

/** Development dependencies are for specs, which the build leaves out. */
function referenceFaults(): string[] {
  const folderOf = new Map(manifests.map(({ folder, manifest }) => [manifest.name, folder]));
  return manifests.flatMap(({ folder, manifest }) => {
    const references = referencesOf(folder);
    return Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
      const dependency = folderOf.get(name);
      if (dependency === undefined || references.includes(normalize(dependency))) return [];
      return [`${folder}/tsconfig.json lacks a reference to ${dependency}, on which its package.json depends.`];
    });
  });
}

const faults = [...versionFaults(), ...lockFaults(), ...referenceFaults()];
faults.forEach((fault) => console.error(fault));
process.exitCode = faults.length === 0 ? 0 : 1;
