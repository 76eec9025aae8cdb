import { findUnstorableText } from '@coorchat/kernel';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { metadataOf, ownProgram } from './client-metadata.rules.js';
import type { GrantEnding } from './grant-ending.service.js';
import type { OauthClientStore } from './oauth-client.store.js';
import { recordHash, sealId, unsealId } from './oidc-ids.js';
import type { OidcRecordRow, OidcRecordStore } from './oidc-record.store.js';
import { SignedTokens } from './signed-tokens.service.js';

export interface AdapterParts {
  readonly uow: UnitOfWork;
  readonly records: OidcRecordStore;
  readonly clients: OauthClientStore;
  readonly grants: GrantEnding;
  readonly tokens: SignedTokens;
  readonly idKey: Buffer;
  readonly publicUrl: string;
}

/** A client that registered itself and asks for nothing is forgotten after this long. */
const UNUSED_CLIENT_S = 30 * 86_400;

/**
 * A second use so soon is a race, most often with oneself: `consume` refuses it. A later one is taken for theft, for
 * which the library takes back everything that came out of the grant.
 */
const RACE_MS = 2_000;

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Keeps what oidc-provider wants kept, one kind of it. Each call is a transaction of its own. */
export class OidcAdapter implements Adapter {
  constructor(
    private readonly kind: string,
    private readonly parts: AdapterParts,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    // Texts of strangers end up here: what PostgreSQL cannot store is their fault, not ours.
    if (findUnstorableText(payload) !== undefined) throw new errors.InvalidRequest('a parameter cannot be stored');
    const { jti: _, ...rest } = payload;
    const isClient = this.kind === 'Client';
    await this.transaction((tx) =>
      this.parts.records.upsert(tx, {
        kind: this.kind,
        hash: recordHash(id),
        sealedId: sealId(this.parts.idKey, this.kind, id),
        payload: isClient ? payload : rest,
        grantId: this.kind === 'Grant' ? id : textOrNull(payload['grantId']),
        uid: textOrNull(payload['uid']),
        userCode: textOrNull(payload['userCode']),
        ttlS: isClient ? UNUSED_CLIENT_S : (expiresIn ?? null),
      }),
    );
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.kind === 'Client') return this.findClient(id);
    if (SignedTokens.isKind(this.kind)) return this.transaction((tx) => this.parts.tokens.find(tx, this.kind, id));
    const row = await this.transaction((tx) => this.parts.records.find(tx, this.kind, { hash: recordHash(id) }));
    return row && this.payloadOf(row, id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const row = await this.transaction((tx) => this.parts.records.find(tx, this.kind, { uid }));
    return row && this.payloadOf(row);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const row = await this.transaction((tx) => this.parts.records.find(tx, this.kind, { userCode }));
    return row && this.payloadOf(row);
  }

  /** Of many who come at the same time, one goes on. */
  async consume(id: string): Promise<void> {
    const isFirst = await this.transaction((tx) => this.parts.records.consume(tx, this.kind, recordHash(id)));
    if (isFirst) return;
    throw this.kind === 'PushedAuthorizationRequest'
      ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
      : new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    await this.transaction(async (tx) => {
      if (this.kind === 'Grant') await this.parts.grants.end(tx, id);
      if (SignedTokens.isKind(this.kind)) return this.parts.tokens.destroy(tx, id);
      await this.parts.records.destroy(tx, this.kind, recordHash(id));
    });
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.transaction((tx) => this.parts.records.destroyKindOfGrant(tx, this.kind, grantId));
  }

  private async findClient(id: string): Promise<AdapterPayload | undefined> {
    const own = ownProgram(id, this.parts.publicUrl);
    if (own) return own;
    return this.transaction(async (tx) => {
      const client = await this.parts.clients.findLive(tx, id);
      if (client) return metadataOf(client);
      const row = await this.parts.records.find(tx, 'Client', { hash: recordHash(id) });
      if (row) await this.parts.records.prolong(tx, 'Client', row.hash, UNUSED_CLIENT_S);
      return row?.payload;
    });
  }

  private payloadOf({ payload, sealedId, consumedAt }: OidcRecordRow, id?: string): AdapterPayload {
    const jti = id ?? unsealId(this.parts.idKey, this.kind, sealedId);
    const isKnownAsUsed = consumedAt !== null && Date.now() - consumedAt.getTime() > RACE_MS;
    return { ...payload, jti, ...(isKnownAsUsed && { consumed: Math.floor(consumedAt.getTime() / 1_000) }) };
  }

  private transaction<T>(body: (tx: SystemTx) => Promise<T>): Promise<T> {
    return this.parts.uow.system('identity.oauth', body);
  }
}
