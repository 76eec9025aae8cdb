import { join } from 'node:path';
import { ANY_SKILL, KEY_SCOPES } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type SystemTx, UnitOfWork } from '../platform/db/index.js';
import { Outbox } from '../platform/outbox/index.js';
import { type FoundedOrganization, Organizations } from '../tenancy/index.js';
import { ApiKeyStore } from './api-key.store.js';
import { readKeyFile, writeKeyFile } from './key-file.js';
import { isSecret, newSecret, secretHash, shownPrefix } from './secret.rules.js';

export interface Bootstrapped extends FoundedOrganization {
  readonly keyFile: string;
  /** Absent when an administrator already has a key elsewhere. */
  readonly key: string | undefined;
}

export interface BootstrapOptions {
  /** Whether a lost key file is replaced by a new key: only where the database lies beside it. */
  readonly replaceLostKey: boolean;
}

const SLUG = 'default';
/** Any number that nothing else locks. */
const LOCK = 7_070_002;

/** The first start of a control plane: organization, cluster and an administrator's key. Idempotent. */
@Injectable()
export class BootstrapKey {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly keys: ApiKeyStore,
    private readonly outbox: Outbox,
    private readonly config: AppConfig,
  ) {}

  async ensure(options: BootstrapOptions): Promise<Bootstrapped> {
    const keyFile = join(this.config.dataDir, 'admin.key');
    const onFile = await readKeyFile(keyFile);
    const founded = await this.uow.system('identity.bootstrap', (tx) => this.ensureOrganization(tx));
    const key = onFile ?? ((await this.needsKey(founded, options)) ? newSecret('cck') : undefined);
    if (key === undefined || !isSecret('cck', key)) return { ...founded, keyFile, key: undefined };
    // The file comes first: a crash in between leaves a key that the next start makes valid.
    if (onFile === undefined) await writeKeyFile(keyFile, key);
    await this.uow.system('identity.bootstrap', (tx) => this.ensureKey(tx, founded.orgId, key));
    return { ...founded, keyFile, key };
  }

  private async ensureOrganization(tx: SystemTx): Promise<FoundedOrganization> {
    await tx.sql`SELECT pg_advisory_xact_lock(${LOCK})`;
    const { defaultMaxCostMicros, defaultMaxDurationMs } = this.config.limits;
    const fields = { name: 'Default', slug: SLUG, defaultMaxCostMicros, defaultMaxDurationMs };
    return (await this.organizations.findFounded(tx, SLUG)) ?? this.organizations.found(tx, fields);
  }

  private async needsKey({ orgId }: FoundedOrganization, { replaceLostKey }: BootstrapOptions): Promise<boolean> {
    if (replaceLostKey) return true;
    return (await this.uow.system('identity.bootstrap', (tx) => this.keys.countActive(tx, orgId))) === 0;
  }

  private async ensureKey(tx: SystemTx, orgId: string, key: string): Promise<void> {
    const fields = { name: 'admin', createdBy: 'bootstrap', expiresAt: null, scopes: [...KEY_SCOPES, ANY_SKILL] };
    const id = newId('apiKey');
    const secret = { hash: secretHash(key), prefix: shownPrefix(key) };
    if (!(await this.keys.insertFirst(tx, { ...fields, ...secret, id, orgId }))) return;
    const { name, scopes } = fields;
    const by = { actor: { kind: 'system', id: 'bootstrap' }, requestId: '' };
    const data = { by, name, scopes, userId: null };
    await this.outbox.append(tx, { type: 'identity.key_created', orgId, subject: id, data });
  }
}
