import type { Attribution, FeedEvent } from '../platform/outbox/index.js';
import type { AuditEntry } from './audit-record.js';

/** Everything that is published goes on record, save this, which other records say as well. */
export const NOT_AUDITED: Readonly<Record<string, string>> = {
  'attempt.assigned': 'Where a task ran is in the record of its end.',
  'attempt.started': 'The same.',
  'attempt.ended': 'The end of the task is on record; attempts are kept with it.',
  'attempt.usage_reported': 'It becomes cost.recorded.',
};

const CONTROL_PLANE: Attribution = { actor: { kind: 'system', id: 'control-plane' }, requestId: '' };

function isAttribution(value: unknown): value is Attribution {
  const actor = (value as Partial<Attribution> | null | undefined)?.actor;
  return typeof actor?.kind === 'string' && typeof actor.id === 'string';
}

/** What a worker reported is the worker's doing. */
function workerOf({ type, data }: FeedEvent): Attribution | undefined {
  const { workerId } = data;
  if (typeof workerId !== 'string' || !/^(task|worker|cost)\./.test(type)) return undefined;
  return { actor: { kind: 'worker', id: workerId }, requestId: '' };
}

/** Undefined for what is not audited. */
export function entryOf(event: FeedEvent): AuditEntry | undefined {
  if (Object.hasOwn(NOT_AUDITED, event.type)) return undefined;
  const { id, type, orgId, subject, createdAt } = event;
  const { by, ...data } = event.data;
  const attribution = isAttribution(by) ? by : (workerOf(event) ?? CONTROL_PLANE);
  return { orgId, eventId: id, type, subject, by: attribution, data, at: createdAt };
}
