import { readFileSync } from 'node:fs';

interface LockEntry {
  readonly optionalDependencies?: Record<string, string>;
}

/** The folders where Node would look for a package that `path` needs, the nearest first. */
function lookups(path: string, name: string): string[] {
  const outer = path.lastIndexOf('/node_modules/');
  const here = `${path === '' ? '' : `${path}/`}node_modules/${name}`;
  if (path === '') return [here];
  return [here, ...lookups(outer < 0 ? '' : path.slice(0, outer), name)];
}

/**
 * A platform's package that the registry lacked when the lock was written is not in it, and then `npm ci` refuses
 * everywhere. Take a version of the package whose platforms are complete.
 */
function missingPlatforms(packages: Record<string, LockEntry>): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !lookups(path, name).some((place) => place in packages))
      .map((name) => `package-lock.json lacks ${name}, which ${path} may need: npm ci would refuse.`),
  );
}

export function lockFaults(): string[] {
  const text = readFileSync('package-lock.json', 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };
  const hosts = /"resolved": "https?:/.test(text) ? ['package-lock.json names a registry host.'] : [];
  return [...hosts, ...missingPlatforms(packages)];
}
