import type { Toolchain } from '@coorchat/contracts';
import semver from 'semver';

export interface ToolchainFilter {
  readonly name: string;
  /** Null: any version. */
  readonly range: string | null;
}

/** `node` or `node@>=20`; undefined for anything else. */
export function parseToolchainFilter(text: string): ToolchainFilter | undefined {
  const [, name, range] = /^([^@\s]{1,64})(?:@(.{1,64}))?$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (range === undefined || range === '*') return { name, range: null };
  return semver.validRange(range) === null ? undefined : { name, range };
}

export function matchesToolchain({ name, range }: ToolchainFilter, toolchains: readonly Toolchain[]): boolean {
  return toolchains.some((found) => {
    if (found.name !== name) return false;
    const version = range === null ? null : semver.coerce(found.version);
    return range === null || (version !== null && semver.satisfies(version, range));
  });
}
