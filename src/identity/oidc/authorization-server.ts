import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { PublicUrl } from '../../platform/http/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import { secretHash } from '../secret.rules.js';
import { ownMetadata } from './client-metadata.rules.js';
import { GrantEnding } from './grant-ending.service.js';
import type { SigningKey } from './key-material.js';
import { OauthClientStore } from './oauth-client.store.js';
import { oauthErrorPage } from './oauth-error.view.js';
import { cookieKeys, dpopNonceSecret, recordHash, recordIdKey, sealId } from './oidc-ids.js';
import { OidcRecordStore } from './oidc-record.store.js';
import { PersonTokens } from './person-tokens.service.js';
import { providerConfiguration } from './provider-configuration.js';
import { ProviderNews } from './provider-news.js';
import { SignedTokens } from './signed-tokens.service.js';
import { SigningKeys } from './signing-keys.service.js';

interface Built {
  readonly provider: Provider;
  readonly callback: (request: IncomingMessage, reply: ServerResponse) => Promise<void>;
  /** Keys and URL that it was built with. */
  readonly of: string;
}

/** oidc-provider, always with the keys of the moment. */
@Injectable()
export class AuthorizationServer {
  private readonly idKey: Buffer;
  private built: Built | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly records: OidcRecordStore,
    private readonly clients: OauthClientStore,
    private readonly grants: GrantEnding,
    private readonly tokens: SignedTokens,
    private readonly people: PersonTokens,
    private readonly keys: SigningKeys,
    private readonly news: ProviderNews,
    private readonly publicUrl: PublicUrl,
    private readonly logger: Logger,
    private readonly config: AppConfig,
  ) {
    this.idKey = recordIdKey(config.secretKey);
  }

  /** The issuer is our public URL; endpoints are below `/oidc`. */
  get issuer(): string {
    return this.publicUrl.value;
  }

  async provider(): Promise<Provider> {
    return (await this.current()).provider;
  }

  /** Answers a request of the protocol. */
  async handle(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { callback } = await this.current();
    await callback(request, reply);
  }

  /** Keys are fixed when a provider is made; it keeps nothing else in memory that would be missed. */
  private async current(): Promise<Built> {
    const { current, next, retired } = await this.keys.ring();
    const keys = [...(current ? [current] : []), ...next, ...retired];
    const of = [this.issuer, ...keys.map(({ kid }) => kid)].join(' ');
    if (this.built?.of !== of) this.built = this.build(keys, of);
    return this.built;
  }

  private build(keys: readonly SigningKey[], of: string): Built {
    const { uow, records, clients, grants, tokens, idKey, issuer: publicUrl } = this;
    const jwks = keys.map(({ publicJwk, privateKey }): JWK => ({
      ...publicJwk,
      ...privateKey.export({ format: 'jwk' }),
    }));
    const { secretKey } = this.config;
    const provider = new Provider(
      publicUrl,
      providerConfiguration({
        ...{ uow, records, clients, grants, tokens, idKey, publicUrl, jwks },
        dpopNonceSecret: dpopNonceSecret(secretKey),
        findPerson: (userId, grantId) => this.people.find(userId, grantId),
        renderError: oauthErrorPage,
      }),
    );
    provider.proxy = true;
    provider.keys = cookieKeys(secretKey);
    provider.on('server_error', (ctx, error) =>
      this.logger.error('the authorization server failed', { error, route: ctx.oidc?.route }),
    );
    this.compareHashes(provider);
    this.rememberOnce(provider);
    this.news.listenTo(provider);
    return { provider, callback: provider.callback(), of };
  }

  /** Secrets are known by their hashes; during a rotation there are two. */
  private compareHashes(provider: Provider): void {
    provider.Client.prototype.compareClientSecret = function (actual: string) {
      return Promise.resolve(ownMetadata({ ...this }).secretHashes.includes(secretHash(actual)));
    };
  }

  /** Of two who show the same assertion or proof at the same time, one is first; asking and then writing would let both in. */
  private rememberOnce(provider: Provider): void {
    const { ReplayDetection } = provider;
    ReplayDetection.unique = async (issuer: string, jti: string, expiresAtS: number): Promise<boolean> => {
      const id = recordHash(`${issuer} ${jti}`);
      const ttlS = expiresAtS - Math.floor(Date.now() / 1_000);
      if (!(ttlS > 0)) throw new errors.InvalidRequest('expired');
      return this.uow.system('identity.oauth', (tx) =>
        this.records.insertOnce(tx, {
          ...{ kind: 'ReplayDetection', hash: id, sealedId: sealId(this.idKey, 'ReplayDetection', id), payload: {} },
          ...{ grantId: null, uid: null, userCode: null, ttlS },
        }),
      );
    };
  }
}
