import type { TenantContext } from '@coorchat/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestLimitsConfig } from '../config/index.js';
import {
  rateLimitHeader,
  rateLimitPolicyHeader,
  type RatePolicy,
  type RateState,
  type RequestLimiter,
} from '../limits/index.js';
import { addressGroup } from './address-group.rules.js';
import { httpErrors } from './http.errors.js';
import type { RequestQuota } from './request-quota.port.js';

/** A failed request without a credential is dearer than others: it may be somebody who guesses. */
const FAILURE_COST = 10;

export interface RateLimitOptions {
  readonly limits: RequestLimitsConfig;
  /** Undefined in programs that limit nothing. */
  readonly limiter: () => RequestLimiter | undefined;
  readonly quota: () => RequestQuota | undefined;
}

function show(reply: FastifyReply, policies: readonly RatePolicy[], state: RateState): void {
  void reply.header('ratelimit-policy', rateLimitPolicyHeader(policies));
  void reply.header('ratelimit', rateLimitHeader({ ...state, remaining: state.remaining - 1 }));
}

function refuseIfSpent(reply: FastifyReply, policies: readonly RatePolicy[], state: RateState | undefined): void {
  if (state === undefined || state.remaining === Infinity) return;
  show(reply, policies, state);
  if (state.remaining <= 0) throw httpErrors.tooManyRequests(state.policy.name, state.resetMs);
}

/**
 * Limits per organization and credential for those who have one, per address for all others. Costs no query.
 * Two hooks around authentication: `before` refuses addresses, `admitted` counts tenants.
 */
export class RateLimits {
  constructor(private readonly options: RateLimitOptions) {}

  /** Before a credential is looked at. */
  before(request: FastifyRequest, reply: FastifyReply): void {
    const policy = this.addressPolicy(request);
    const state = policy && this.options.limiter()?.look(policy);
    if (state && state.remaining <= 0) refuseIfSpent(reply, [state.policy], state);
  }

  /** Once the credential is known to be valid. */
  admitted({ orgId, actor }: TenantContext, reply: FastifyReply): void {
    const { limits, quota, limiter } = this.options;
    const organization = quota()?.requestsPerMinute(orgId) ?? limits.organization;
    if (organization === 0 && limits.credential === 0) return;
    const policies: RatePolicy[] = [
      { name: 'organization', key: orgId, limit: organization },
      { name: 'credential', key: `${orgId}:${actor.id}`, limit: limits.credential },
    ];
    refuseIfSpent(reply, policies, limiter()?.take(policies));
  }

  /** When the answer of a request without tenant is known. */
  answered(request: FastifyRequest, status: number): void {
    const policy = request.tenant === null ? this.addressPolicy(request) : undefined;
    if (policy) this.options.limiter()?.take([policy], status >= 400 && status < 500 ? FAILURE_COST : 1);
  }

  /** Undefined for probes of health and the machine's own programs. */
  private addressPolicy(request: FastifyRequest): RatePolicy | undefined {
    const { address } = this.options.limits;
    if (address === 0 || request.routeOptions.config.rateLimit === false) return undefined;
    const group = addressGroup(request.ip);
    return group === undefined ? undefined : { name: 'address', key: group, limit: address };
  }
}

/** Around `addAuthentication`, which adds the hook that finds the tenant. */
export function addRateLimits(server: FastifyInstance, limits: RateLimits, addAuthentication: () => void): void {
  server.addHook('onRequest', (request, reply, done) => settle(done, () => limits.before(request, reply)));
  addAuthentication();
  server.addHook('onRequest', (request, reply, done) =>
    settle(done, () => {
      if (request.tenant !== null) limits.admitted(request.tenant, reply);
    }),
  );
  server.addHook('onResponse', (request, reply, done) =>
    settle(done, () => limits.answered(request, reply.statusCode)),
  );
}

/** Without a promise per request. */
function settle(done: (error?: Error) => void, act: () => void): void {
  try {
    act();
  } catch (error) {
    return done(error as Error);
  }
  done();
}
