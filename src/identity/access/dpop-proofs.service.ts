import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import type { Challenge } from '../../platform/http/index.js';
import { dpopNonceSecret, recordHash } from '../oidc/oidc-ids.js';
import { OidcRecordStore } from '../oidc/oidc-record.store.js';
import { invalidProof } from './challenge.js';
import { currentNonce, isRecentNonce } from './dpop-nonce.rules.js';
import { checkProof, type ProvenRequest } from './dpop-proof.rules.js';

/** Longer than a proof is taken. */
const REMEMBER_S = 120;

export type ProofOutcome = { readonly keyThumbprint: string } | { readonly challenge: Challenge };

/** Proofs of possession at the resource server (RFC 9449 section 7): with our nonce, and each once in all processes. */
@Injectable()
export class DpopProofs {
  private readonly nonceSecret: Buffer;

  constructor(
    @Inject(UnitOfWork) private readonly uow: UnitOfWork,
    @Inject(OidcRecordStore) private readonly records: OidcRecordStore,
    @Inject(AppConfig) config: AppConfig,
  ) {
    this.nonceSecret = dpopNonceSecret(config.secretKey);
  }

  nonce(now = new Date()): string {
    return currentNonce(this.nonceSecret, now);
  }

  async check(text: string, request: ProvenRequest, now = new Date()): Promise<ProofOutcome> {
    const checked = await checkProof(text, request, now);
    if ('fault' in checked) return { challenge: invalidProof(checked.fault) };
    const { keyThumbprint, proofId, nonce } = checked.proof;
    if (nonce === undefined || !isRecentNonce(this.nonceSecret, nonce, now)) {
      const description = 'Make the proof again with this nonce.';
      return { challenge: { error: 'use_dpop_nonce', description, dpopNonce: this.nonce(now) } };
    }
    const isFirst = await this.remember(`${keyThumbprint} ${proofId}`);
    return isFirst ? { keyThumbprint } : { challenge: invalidProof('The proof was used before.') };
  }

  private remember(id: string): Promise<boolean> {
    const record = {
      kind: 'ResourceProof',
      hash: recordHash(id),
      sealedId: '',
      payload: {},
      grantId: null,
      uid: null,
      userCode: null,
      ttlS: REMEMBER_S,
    };
    return this.uow.system('identity.authenticate', (tx) => this.records.insertOnce(tx, record));
  }
}
