import { Inject, Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { AppConfig } from '../../platform/config/index.js';
import { type SystemTx, UnitOfWork } from '../../platform/db/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import {
  newSigningKey,
  openSigningKey,
  type SigningKey,
  signingKeySeal,
  type VerificationKey,
} from './key-material.js';
import { expiredKeys, type KeyRing, keyRing, needsSuccessor, ANNOUNCED_FOR_MS } from './signing-key.rules.js';
import { SigningKeyStore } from './signing-key.store.js';

/** A key that another process made is known here after this long. */
const REFRESH_MS = 5_000;
/** An unknown `kid` makes us look again, but strangers cannot make us look often. */
const LOOK_AGAIN_MS = 2_000;

interface Loaded {
  readonly keys: readonly SigningKey[];
  readonly at: number;
}

/** The keys with which the control plane signs tokens and grants, ES256. Also the injection token. */
@Injectable()
export class SigningKeys {
  private readonly sealKey: Buffer;
  private loaded: Loaded | undefined;
  private loading: Promise<Loaded> | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(SigningKeyStore) private readonly store: SigningKeyStore,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(AppConfig) config: AppConfig,
  ) {
    this.sealKey = signingKeySeal(config.secretKey);
  }

  /** The key that signs now; made on first use. */
  async current(): Promise<SigningKey> {
    const { current } = await this.ring();
    if (current === undefined) throw new Error('There is no signing key although one was just made.');
    return current;
  }

  /** Undefined for a `kid` that is not ours. Looks into the database when it is not known here yet. */
  async find(kid: string): Promise<VerificationKey | undefined> {
    const known = (await this.fresh()).keys.find((key) => key.kid === kid);
    if (known || performance.now() - (this.loaded?.at ?? 0) < LOOK_AGAIN_MS) return known;
    return (await this.load()).keys.find((key) => key.kid === kid);
  }

  /** What everybody may see: next, current and retired keys. */
  async publicJwks(): Promise<{ readonly keys: JWK[] }> {
    const { current, next, retired } = await this.ring();
    return { keys: [...(current ? [current] : []), ...next, ...retired].map(({ publicJwk }) => publicJwk) };
  }

  async ring(now = new Date()): Promise<KeyRing<SigningKey>> {
    const { keys } = await this.fresh();
    const ring = keyRing(keys, now);
    return ring.current ? ring : keyRing((await this.load()).keys, now);
  }

  /**
   * Announces a new key, which signs from then on. Give every process time to hear of it, unless the present key is
   * in wrong hands.
   * @returns its `kid`
   */
  async rotate({ activateInMs = ANNOUNCED_FOR_MS } = {}): Promise<string> {
    const kid = await this.uow.system('identity.signing_keys', async (tx) => {
      await this.store.lock(tx);
      return this.add(tx, new Date(Date.now() + activateInMs));
    });
    await this.load();
    return kid;
  }

  /** Takes a key away at once: nothing that it signed is good any more. */
  async withdraw(kid: string): Promise<void> {
    await this.uow.system('identity.signing_keys', async (tx) => {
      await this.store.lock(tx);
      await this.remove(tx, [kid]);
    });
    await this.load();
  }

  /** Announces a successor when it is time, and drops keys whose time is over. */
  async renew(now = new Date()): Promise<void> {
    await this.uow.system('identity.signing_keys', async (tx) => {
      await this.store.lock(tx);
      const ring = keyRing(await this.store.list(tx), now);
      if (needsSuccessor(ring, now)) await this.add(tx, new Date(now.getTime() + ANNOUNCED_FOR_MS));
      const expired = expiredKeys(ring, now).map(({ kid }) => kid);
      if (expired.length > 0) await this.remove(tx, expired);
    });
  }

  private async fresh(): Promise<Loaded> {
    if (this.loaded === undefined) return this.load();
    if (performance.now() - this.loaded.at > REFRESH_MS) this.loadInBackground();
    return this.loaded;
  }

  private loadInBackground(): void {
    this.load().catch((error: unknown) => this.logger.warn('signing keys could not be read', { error }));
  }

  private load(): Promise<Loaded> {
    this.loading ??= this.read().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async read(): Promise<Loaded> {
    const at = performance.now();
    const rows = await this.uow.system('identity.signing_keys', (tx) => this.store.list(tx));
    const keys = rows.flatMap((row) => openSigningKey(this.sealKey, row) ?? this.unreadable(row.kid));
    if (keyRing(keys, new Date()).current === undefined) return this.makeFirst();
    this.loaded = { keys, at };
    return this.loaded;
  }

  private unreadable(kid: string): [] {
    this.logger.error('a signing key was sealed with another secret key and is left out', { kid });
    return [];
  }

  private async makeFirst(): Promise<Loaded> {
    await this.uow.system('identity.signing_keys', async (tx) => {
      await this.store.lock(tx);
      const readable = (await this.store.list(tx)).flatMap((row) => openSigningKey(this.sealKey, row) ?? []);
      if (keyRing(readable, new Date()).current === undefined) await this.add(tx, new Date(Date.now() - 1_000));
    });
    return this.read();
  }

  private async add(tx: SystemTx, activeFrom: Date): Promise<string> {
    const key = newSigningKey(this.sealKey, activeFrom);
    await this.store.insert(tx, key);
    await this.tell(tx, 'identity.signing_key_announced', key.kid, { activeFrom });
    return key.kid;
  }

  private async remove(tx: SystemTx, kids: readonly string[]): Promise<void> {
    await this.store.delete(tx, kids);
    for (const kid of kids) await this.tell(tx, 'identity.signing_key_withdrawn', kid, {});
  }

  private tell(tx: SystemTx, type: string, subject: string, data: object): Promise<void> {
    return this.outbox.append(tx, { type, orgId: 'platform', subject, data });
  }
}
