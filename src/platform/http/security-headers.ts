import type { FastifyInstance } from 'fastify';

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** A year: browsers that came by TLS once come by nothing else. */
const BY_TLS_ONLY = { 'strict-transport-security': 'max-age=31536000' };

/** What every answer carries. `publicUrl` is the operator's: behind it TLS may end before us. */
export function securityHeaders(publicUrl: string | undefined): Readonly<Record<string, string>> {
  return publicUrl?.startsWith('https:') ? { ...HEADERS, ...BY_TLS_ONLY } : HEADERS;
}

/** Routes may overwrite each of them; responses that are streamed by hand copy them from `reply.getHeaders()`. */
export function addSecurityHeaders(server: FastifyInstance, publicUrl: string | undefined): void {
  const headers = securityHeaders(publicUrl);
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...headers, 'x-request-id': request.id });
    done();
  });
}
