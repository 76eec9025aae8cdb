export {
  Access,
  accessConfig,
  Public,
  publicConfig,
  type RouteAccessConfig,
  type RouteRateLimit,
} from './access.decorator.js';
export { type Admission, Authenticator, type EndedCredential, type PresentedCredential } from './authenticator.port.js';
export { CallerAddress } from './caller-address.js';
export { type Challenge, ChallengedError, challengeHeaders } from './challenge.js';
export { type CredentialOwner, ownedBy } from './credential-owner.js';
export { createHttpApp, HttpApp } from './create-http-app.js';
export { type EventStreamOptions, lastEventIdOf, openEventStream, type StreamedEvent } from './event-stream.js';
export { type Download, sendDownload } from './download.js';
export { HttpModule, RefusalsModule } from './http.module.js';
export { addJsonBody } from './json-body.js';
export { Operation, type OperationDocs } from './operation.decorator.js';
export { judgedAddresses, type Resolve } from './outbound-address.js';
export { outboundAgent, outboundFetch } from './outbound-agent.js';
export { destinationOf, isLoopbackHost, outboundFault, outboundPolicy, type OutboundPolicy } from './outbound.rules.js';
export { idOfCursor, pageOf } from './page.rules.js';
export { originOf, refusedCallOf } from './origin.js';
export { PublicUrl } from './public-url.js';
export { type RawRoute, RawRoutes, refuseUpgrade, type UpgradeRoute } from './raw-routes.js';
export { type RefusalReason, type RefusedCall, Refusals } from './refusals.service.js';
export { RequestQuota } from './request-quota.port.js';
export { Tenant, tenantOf } from './tenant.decorator.js';
