import type { PutSsoConnection, SsoConnectionView, SsoTest } from '@coorchat/contracts';
import { messageOf, newId, type TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { attributionOf, Outbox } from '../../platform/outbox/index.js';
import { seal } from '../accounts/sealed.js';
import { CompanyProviders } from './company-provider.service.js';
import { type SsoConnection, SsoConnectionStore } from './sso-connection.store.js';
import { ssoConnectionView } from './sso-connection.view.js';
import { SsoIdentityStore } from './sso-identity.store.js';
import { newClientKey, ssoSealKey } from './sso-secret.rules.js';
import { SsoSessions } from './sso-sessions.service.js';
import { ssoErrors } from './sso.errors.js';

type Secret = Pick<SsoConnection, 'sealedSecret' | 'publicJwk'>;

/** The organization's connection to its identity provider. */
@Injectable()
export class SsoConnections {
  private readonly sealKey: Buffer;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SsoConnectionStore,
    private readonly identities: SsoIdentityStore,
    private readonly providers: CompanyProviders,
    private readonly sessions: SsoSessions,
    private readonly publicUrl: PublicUrl,
    private readonly outbox: Outbox,
    config: AppConfig,
  ) {
    this.sealKey = ssoSealKey(config.secretKey);
  }

  /** @throws AppError `identity.sso_not_configured` */
  async get(ctx: TenantContext): Promise<SsoConnectionView> {
    return ssoConnectionView(await this.existing(ctx), this.publicUrl.value);
  }

  /** Another issuer or client ends the sessions of the old one. @throws AppError `identity.sso_secret_needed`, `identity.sso_issuer_refused` */
  async put(ctx: TenantContext, { clientSecret, ...fields }: PutSsoConnection): Promise<SsoConnectionView> {
    const fault = this.providers.faultOf(fields.issuer);
    if (fault !== undefined) throw ssoErrors.issuerRefused(fault);
    const { before, users } = await this.uow.tenant(ctx, async (tx) => {
      const old = await this.store.find(tx);
      const id = old?.id ?? newId('ssoConnection');
      const secret = this.secretFor(id, { authMethod: fields.authMethod, clientSecret, old });
      const scopes = [...new Set(['openid', ...fields.scopes])];
      await this.store.put(tx, { ...fields, ...secret, id, scopes, createdBy: ctx.actor.id });
      await this.tell(tx, ctx, { type: 'identity.sso_connected', id, before: summary(old), after: summary(fields) });
      return { before: old, users: await this.identities.users(tx) };
    });
    const isAnother = before && (before.issuer !== fields.issuer || before.clientId !== fields.clientId);
    if (isAnother) await this.sessions.endOf(users, ctx);
    return this.get(ctx);
  }

  /** First nobody can come in, then those who are in go out, then it is gone: each step may be taken again. */
  async remove(ctx: TenantContext): Promise<void> {
    const connection = await this.existing(ctx);
    const users = await this.uow.tenant(ctx, async (tx) => {
      await this.store.disable(tx);
      return this.identities.users(tx);
    });
    await this.sessions.endOf(users, ctx);
    await this.uow.tenant(ctx, async (tx) => {
      await this.store.delete(tx);
      await this.tell(tx, ctx, { type: 'identity.sso_removed', id: connection.id, before: summary(connection) });
    });
  }

  /** Whether sign-ins could begin: discovery, code flow, key set. */
  async test(ctx: TenantContext): Promise<SsoTest> {
    const connection = await this.existing(ctx);
    try {
      const server = (await this.providers.configuration(connection)).serverMetadata();
      const problems = [
        server.authorization_endpoint === undefined && 'The provider names no authorization endpoint.',
        server.token_endpoint === undefined && 'The provider names no token endpoint.',
        server.jwks_uri === undefined && 'The provider names no key set.',
        server.response_types_supported?.includes('code') === false && 'The provider does not do the code flow.',
      ].filter((problem) => typeof problem === 'string');
      return { ok: problems.length === 0, problems };
    } catch (error) {
      return { ok: false, problems: [`The provider’s discovery document is not usable: ${messageOf(error)}`] };
    }
  }

  private async existing(ctx: TenantContext): Promise<SsoConnection> {
    const connection = await this.uow.tenantRead(ctx, (tx) => this.store.find(tx));
    if (connection === undefined) throw ssoErrors.noConnection();
    return connection;
  }

  private secretFor(
    id: string,
    {
      authMethod,
      clientSecret,
      old,
    }: Pick<PutSsoConnection, 'authMethod' | 'clientSecret'> & { old?: SsoConnection | undefined },
  ): Secret {
    const usesKey = authMethod === 'private_key_jwt';
    if (usesKey && clientSecret !== undefined) throw ssoErrors.secretNeeded();
    if (clientSecret !== undefined) return { sealedSecret: seal(this.sealKey, clientSecret, id), publicJwk: null };
    if (old && (old.authMethod === 'private_key_jwt') === usesKey) return old;
    if (!usesKey) throw ssoErrors.secretNeeded();
    const { publicJwk, privateJwk } = newClientKey();
    return { sealedSecret: seal(this.sealKey, JSON.stringify(privateJwk), id), publicJwk };
  }

  private tell(
    tx: TenantTx,
    ctx: TenantContext,
    { type, id, ...data }: { type: string; id: string; before?: object | undefined; after?: object },
  ): Promise<void> {
    return this.outbox.append(tx, { type, orgId: tx.orgId, subject: id, data: { ...data, by: attributionOf(ctx) } });
  }
}

/** For the audit trail. */
function summary<T extends Pick<SsoConnection, 'issuer' | 'clientId' | 'defaultRole' | 'provisioning' | 'enforced'>>(
  connection: T | undefined,
) {
  if (connection === undefined) return undefined;
  const { issuer, clientId, defaultRole, provisioning, enforced } = connection;
  return { issuer, clientId, defaultRole, provisioning, enforced };
}
