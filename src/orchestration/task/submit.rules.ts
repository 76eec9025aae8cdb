import type { Constraints, Plan, SubmitWork } from '@coorchat/contracts';
import { usdToMicros } from '@coorchat/kernel';
import semver from 'semver';
import { parsePlan } from './plan-text.rules.js';
import { invalidIdempotencyKey, invalidPlan } from './task.errors.js';
import type { StoredConstraints } from './work.view.js';
import type { PlanFault } from './work.types.js';

export interface ClusterDefaults {
  readonly defaultMaxCostMicros: number;
  readonly defaultMaxDurationMs: number;
}

/** A request without a limit takes the cluster's default, never none. */
export function effectiveConstraints(constraints: Constraints, cluster: ClusterDefaults): StoredConstraints {
  const { maxCostUsd, maxDurationMs, ...needs } = constraints;
  return {
    ...needs,
    maxCostMicros: maxCostUsd === undefined ? cluster.defaultMaxCostMicros : usdToMicros(maxCostUsd),
    maxDurationMs: maxDurationMs ?? cluster.defaultMaxDurationMs,
  };
}

/** @throws AppError `task.invalid_idempotency_key` */
export function checkIdempotencyKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw invalidIdempotencyKey();
  return key;
}

function constraintFaults({ toolchains = {} }: Constraints): PlanFault[] {
  return Object.entries(toolchains).flatMap(([name, range]) =>
    semver.validRange(range) === null
      ? [
          {
            code: 'task.constraint_bad_version_range',
            path: `constraints.toolchains.${name}`,
            message: `"${range}" is no version range`,
          },
        ]
      : [],
  );
}

/** The plan of a submission, well-formed. @throws AppError `task.plan_…` with every fault in its details */
export function readSubmission({ plan, constraints }: SubmitWork): Plan | undefined {
  const bad = constraintFaults(constraints);
  if (bad.length > 0) throw invalidPlan(bad);
  if (plan === undefined) return undefined;
  const parsed = parsePlan(plan);
  if ('faults' in parsed) throw invalidPlan(parsed.faults);
  return parsed.plan;
}

/** A full commit id needs nobody to resolve it. */
export function isFullCommit(ref: string | undefined): ref is string {
  return ref !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}
