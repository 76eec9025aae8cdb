import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { publicConfig } from './access.decorator.js';

/** What takes tokens and keys alone. Pages with cookies, and the authorization server's own endpoints, are left out. */
const BEARER_APIS = /^\/(?:v1|a2a|mcp)(?:[/?]|$)|^\/(?:openapi\.json|\.well-known\/agent-card\.json)(?:\?|$)/;

const EXPOSED = [
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'DPoP-Nonce',
  'X-Request-Id',
  'Location',
  'ETag',
  'Content-Disposition',
  'Content-Range',
  'MCP-Session-Id',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PREFLIGHT_MAX_AGE_S = 600;

const CLOSED: FastifyCorsOptions = { origin: false };

function openTo(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    methods: METHODS,
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_MAX_AGE_S,
    credentials: false,
    strictPreflight: false,
  };
}

/** The library's own route for preflights says nothing about its callers. */
export function openPreflights(route: RouteOptions): void {
  if (route.url === '*' && route.method === 'OPTIONS') route.config = publicConfig('browsers ask before they call');
}

/**
 * Lets pages of these origins call the APIs, without cookies. Registered before authentication: preflights carry no
 * credential, and refusals are to be read, too.
 */
export async function addCors(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const open = openTo(origins);
  await server.register(fastifyCors, {
    delegator: ({ url, headers }, done) => {
      const isOpen = origins.includes(headers.origin ?? '') && BEARER_APIS.test(url);
      done(null, isOpen ? open : CLOSED);
    },
  });
}
