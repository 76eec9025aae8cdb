export { assertNever } from './assert-never.js';
export { backoffDelayMs, type BackoffPolicy } from './backoff.js';
export { type Clock, systemClock } from './clock.js';
export {
  AppError,
  type AppErrorOptions,
  ERROR_KINDS,
  type ErrorDetails,
  type ErrorKind,
  isAppError,
  messageOf,
} from './error.js';
export { escapeHtml } from './escape-html.js';
export { ID_PREFIXES, idPattern, type IdKind, isId, newId } from './id.js';
export { MAX_JSON_DEPTH, nestsDeeperThan } from './json-depth.js';
export { KeyedMutex } from './keyed-mutex.js';
export { microsToUsd, usdToMicros } from './money.js';
export {
  ACTOR_KINDS,
  type ActingMember,
  type Actor,
  type Authentication,
  type Origin,
  type TenantContext,
  tenantContext,
} from './tenant-context.js';
export { findUnstorableText, UNSTORABLE_TEXT } from './plain-text.js';
