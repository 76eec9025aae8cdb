import type { IncomingHttpHeaders } from 'node:http';
import type { Origin } from '@coorchat/kernel';
import type { FastifyRequest } from 'fastify';
import type { RefusedCall } from './refusals.service.js';

const MAX_USER_AGENT = 300;

interface Called {
  readonly headers: IncomingHttpHeaders;
  readonly address?: string | undefined;
}

function traceIdOf(traceparent: string | string[] | undefined): string | undefined {
  return typeof traceparent === 'string' ? /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] : undefined;
}

/** For the audit trail. Made for every call, hence without spreads. */
export function originOf({ headers, address }: Called): Origin {
  const userAgent = headers['user-agent']?.slice(0, MAX_USER_AGENT);
  const traceId = traceIdOf(headers['traceparent']);
  const origin: { -readonly [field in keyof Origin]: Origin[field] } = {};
  if (address) origin.address = address;
  if (userAgent) origin.userAgent = userAgent;
  if (traceId) origin.traceId = traceId;
  return origin;
}

/** What the audit trail wants to know of a request that was refused. */
export function refusedCallOf({ method, routeOptions, headers, ip, id: requestId }: FastifyRequest): RefusedCall {
  return { route: `${method} ${routeOptions.url ?? '?'}`, requestId, origin: originOf({ headers, address: ip }) };
}
