import { isAppError } from '@coorchat/kernel';
import type { FastifyRequest } from 'fastify';
import { challengeOf } from './challenge.js';
import { ownerOf } from './credential-owner.js';
import { refusedCallOf } from './origin.js';
import type { RefusalReason, Refusals } from './refusals.service.js';

const TOO_LARGE: ReadonlySet<number> = new Set([413, 414, 431]);

interface Answered {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

function isForbidden(error: unknown): boolean {
  return isAppError(error) && error.kind === 'forbidden';
}

function neededOf(error: unknown): readonly string[] {
  const needed = isAppError(error) ? error.details?.['needed'] : undefined;
  return Array.isArray(needed) ? needed.map(String) : [];
}

/** Tells the audit trail of a request that was refused; of other errors, and of a nonce that is asked for, nothing. */
export function noteRefusal(refusals: Refusals, request: FastifyRequest, error: unknown, answered: Answered): void {
  const { status, code, detail: message } = answered;
  const reason: RefusalReason = { code, message, needed: neededOf(error) };
  const blamed = ownerOf(error);
  const owner = blamed ?? request.tenant ?? undefined;
  if (TOO_LARGE.has(status)) refusals.unread(refusedCallOf(request), reason);
  // A broken proof is a bad request, and all the same a credential that was not taken.
  const isUnknown = status === 401 || (status === 400 && blamed !== undefined);
  if (isUnknown && challengeOf(error)?.error !== 'use_dpop_nonce') {
    refusals.unknown(refusedCallOf(request), reason, owner);
  }
  if (status === 403 && isForbidden(error) && owner) refusals.denied(refusedCallOf(request), reason, owner);
}
