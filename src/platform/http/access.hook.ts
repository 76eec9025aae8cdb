import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Admission, Authenticator } from './authenticator.port.js';
import { ownedBy } from './credential-owner.js';
import { httpErrors } from './http.errors.js';

/** Known only once Nest has made its modules; the hook must be there before any route. */
export type AuthenticatorSource = () => Authenticator;

type Needed = readonly string[];

function admit(request: FastifyRequest, needed: Needed, found: Admission): void {
  if (found === undefined) throw httpErrors.unauthenticated();
  if ('refused' in found) throw ownedBy(httpErrors.unauthenticated(), found.refused);
  if (!needed.some((scope) => found.scopes.has(scope))) throw ownedBy(httpErrors.missingScope(needed), found);
  request.tenant = found;
}

function presented(request: FastifyRequest) {
  const { headers, method, url: path, ip: address, id: requestId } = request;
  return { headers, method, path, address, requestId };
}

/** Runs before a body is read: a caller without a credential cannot make the server parse anything. */
export function addAccessHook(server: FastifyInstance, source: AuthenticatorSource): void {
  let authenticator: Authenticator | undefined;
  server.decorateRequest('tenant', null);
  // With a callback: a credential that was seen a moment ago costs no turn of the event loop.
  server.addHook('onRequest', (request, _reply, done) => {
    const { config } = request.routeOptions;
    if (request.is404 || config.public !== undefined) return done();
    const needed = config.access ?? [];
    const go = (found: Admission) => admit(request, needed, found);
    try {
      authenticator ??= source();
      const found = authenticator.authenticate(presented(request));
      if (found instanceof Promise) return void found.then(go).then(() => done(), done);
      go(found);
    } catch (error) {
      return done(error as Error);
    }
    done();
  });
}
