import type { Constraints, Needs } from '@coorchat/contracts';

type Ranges = Readonly<Record<string, string>>;

const ANY = new Set(['', '*']);

/** A version that satisfies both ranges. */
function bothRanges(a: string, b: string): string {
  if (ANY.has(a) || a === b) return b;
  if (ANY.has(b)) return a;
  return a.includes('||') || b.includes('||') ? crossProduct(a, b) : `${a} ${b}`;
}

/** Semver has no parentheses: `(a || b) and c` is written `a c || b c`. */
function crossProduct(a: string, b: string): string {
  const parts = (range: string) => range.split('||').map((part) => part.trim());
  return parts(a)
    .flatMap((left) => parts(b).map((right) => `${left} ${right}`))
    .join(' || ');
}

/** Union of toolchains; a toolchain that several name must satisfy each of their ranges. */
export function mergeToolchains(all: readonly (Ranges | undefined)[]): Ranges {
  const merged = new Map<string, string>();
  for (const [name, range] of all.flatMap((ranges) => Object.entries(ranges ?? {}))) {
    const known = merged.get(name);
    merged.set(name, known === undefined ? range : bothRanges(known, range));
  }
  return Object.fromEntries(merged);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** A task's own needs and what the work request asks of every task. Platforms that differ are refused before. */
export function mergeNeeds(needs: Needs, constraints: Constraints): Needs {
  const platform = needs.platform ?? constraints.platform;
  const toolchains = mergeToolchains([needs.toolchains, constraints.toolchains]);
  const labels = [...new Set([...(needs.labels ?? []), ...(constraints.labels ?? [])])];
  return {
    ...needs,
    ...(platform !== undefined && { platform }),
    ...(!isEmpty(toolchains) && { toolchains }),
    ...(labels.length > 0 && { labels }),
  };
}

/**
 * Preparing is our own step and runs no code of the repository: of the request's constraints only labels
 * hold, because they may say where code is allowed to be.
 */
export function prepareNeeds(constraints: Constraints): Needs {
  return constraints.labels === undefined ? {} : { labels: constraints.labels };
}
