import type { DeclaredCheck, DeclaredChecks } from '../options.js';
import type { CheckKind } from './check-detection.js';

export interface NamedCheck extends DeclaredCheck {
  readonly name: string;
}

/** `tests`, `test`, `tests-cart` are tests; `build`, `build-docs` are builds. */
const NAMES: Record<CheckKind, RegExp> = { tests: /^tests?(?:-|$)/, build: /^builds?(?:-|$)/ };

export type CheckChoice =
  | { readonly kind: 'declared'; readonly checks: readonly NamedCheck[] }
  /** Nothing of this kind is declared. */
  | { readonly kind: 'undeclared' }
  | { readonly kind: 'unknown'; readonly known: readonly string[] };

/** The declared check of that name, or all of the kind. */
export function chooseChecks(declared: DeclaredChecks, kind: CheckKind, name: string | undefined): CheckChoice {
  const all = Object.entries(declared).map(([key, check]) => ({ name: key, ...check }));
  if (name !== undefined) {
    const named = all.filter((check) => check.name === name);
    return named.length > 0 ? { kind: 'declared', checks: named } : { kind: 'unknown', known: all.map((c) => c.name) };
  }
  const checks = all.filter((check) => NAMES[kind].test(check.name));
  return checks.length > 0 ? { kind: 'declared', checks } : { kind: 'undeclared' };
}
