import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from './authenticator.port.js';
import { ownedBy } from './credential-owner.js';
import { httpErrors } from './http.errors.js';

/** Known only once Nest has made its modules; the hook must be there before any route. */
export type AuthenticatorSource = () => Authenticator;

async function admit(request: FastifyRequest, authenticator: Authenticator): Promise<void> {
  const needed = request.routeOptions.config.access ?? [];
  const { headers, method, url: path, ip: address, id: requestId } = request;
  const tenant = await authenticator.authenticate({ headers, method, path, address, requestId });
  if (tenant === undefined) throw httpErrors.unauthenticated();
  if ('refused' in tenant) throw ownedBy(httpErrors.unauthenticated(), tenant.refused);
  if (!needed.some((scope) => tenant.scopes.has(scope))) throw ownedBy(httpErrors.missingScope(needed), tenant);
  request.tenant = tenant;
}

/** Runs before a body is read: a caller without a credential cannot make the server parse anything. */
export function addAccessHook(server: FastifyInstance, authenticator: AuthenticatorSource): void {
  server.decorateRequest('tenant', null);
  server.addHook('onRequest', async (request) => {
    if (request.is404 || request.routeOptions.config.public !== undefined) return;
    await admit(request, authenticator());
  });
}
