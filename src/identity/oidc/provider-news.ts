import { Injectable } from '@nestjs/common';
import type { Origin } from '@coorchat/kernel';
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { PLATFORM_ORG } from '../../platform/outbox/index.js';
import { ownMetadata } from './client-metadata.rules.js';
import { subjectOf } from './token-claims.js';
import { TokenNews, type TokenOutcome } from './token-news.js';

const MAX_CLAIMED_ID = 60;

function originOf(ctx: KoaContextWithOIDC): Origin {
  const userAgent = ctx.get('user-agent').slice(0, 300);
  return { address: ctx.ip, ...(userAgent !== '' && { userAgent }) };
}

/** What the client says it is, when nobody knows it. */
function claimedId(ctx: KoaContextWithOIDC): string {
  const claimed: unknown = ctx.oidc.params?.['client_id'];
  return typeof claimed === 'string' && /^[\x21-\x7e]+$/.test(claimed) ? claimed.slice(0, MAX_CLAIMED_ID) : 'unknown';
}

function common(ctx: KoaContextWithOIDC): Omit<TokenOutcome, 'type' | 'subject'> {
  const { Client: client } = ctx.oidc.entities;
  const grantType: unknown = ctx.oidc.params?.['grant_type'];
  return {
    orgId: (client && ownMetadata({ ...client }).orgId) ?? PLATFORM_ORG,
    clientId: client?.clientId ?? claimedId(ctx),
    grantType: typeof grantType === 'string' ? grantType.slice(0, 100) : ctx.oidc.route,
    requestId: ctx.get('x-request-id'),
    origin: originOf(ctx),
  };
}

/** Listens to oidc-provider and tells what the audit trail wants to know. */
@Injectable()
export class ProviderNews {
  constructor(private readonly news: TokenNews) {}

  listenTo(provider: Provider): void {
    provider.on('grant.success', (ctx) => this.issued(ctx));
    provider.on('grant.error', (ctx, error) => this.refused(ctx, error, 'identity.token_refused'));
    provider.on('registration_create.success', (ctx, { clientId }) =>
      this.news.note({ ...common(ctx), type: 'identity.client_registered', clientId, subject: clientId }),
    );
    const refusal = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) =>
      this.refused(ctx, error, 'identity.authorization_refused');
    provider.on('authorization.error', refusal);
    provider.on('device_authorization.error', refusal);
    provider.on('pushed_authorization_request.error', refusal);
    provider.on('introspection.error', refusal);
    provider.on('revocation.error', refusal);
    provider.on('registration_create.error', (ctx, error) => this.refused(ctx, error, 'identity.registration_refused'));
  }

  private issued(ctx: KoaContextWithOIDC): void {
    const { AccessToken: ofPerson, ClientCredentials: ofClient } = ctx.oidc.entities;
    const token = ofPerson ?? ofClient;
    const orgId: unknown = token?.extra?.['org_id'];
    const outcome = common(ctx);
    this.news.note({
      ...outcome,
      type: 'identity.token_issued',
      orgId: typeof orgId === 'string' ? orgId : outcome.orgId,
      subject: (token && subjectOf(token)) ?? outcome.clientId,
    });
  }

  private refused(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError, type: TokenOutcome['type']): void {
    // A device that asks again until somebody has answered was not refused anything.
    if (error.error === 'authorization_pending' || error.error === 'slow_down') return;
    const outcome = common(ctx);
    const detail = error.error_detail?.slice(0, 200);
    this.news.note({
      ...outcome,
      type,
      subject: outcome.clientId,
      error: error.error,
      ...(detail !== undefined && { detail }),
    });
  }
}
