import type { HeardRevocation, RevocationKind } from '../../platform/revocation/index.js';
import type { AccessClaims } from './access-claims.js';

/** Longer than any access token lives, clocks included. */
const KEEP_MS = 60 * 60 * 1_000;
/** Tokens say when they were issued in whole seconds. */
const ROUNDING_MS = 1_000;

/** What is void for a while: every access token that was issued before and stands on it. */
export class RevokedThings {
  private readonly at = new Map<string, number>();
  /** By client: the generation of its scopes, and when it began. */
  private readonly generations = new Map<string, { generation: number; at: number }>();

  add(revocations: readonly HeardRevocation[], now = Date.now()): void {
    for (const [key, at] of this.at) if (at < now - KEEP_MS) this.at.delete(key);
    for (const [key, { at }] of this.generations) if (at < now - KEEP_MS) this.generations.delete(key);
    for (const { kind, id, at } of revocations) {
      if (kind === 'client_scopes') this.raise(id, at.getTime());
      else this.at.set(`${kind} ${id}`, at.getTime());
    }
  }

  isRevoked(claims: AccessClaims): boolean {
    const { tokenId, clientId, subject, grantId, sessionId, orgId } = claims;
    return (
      // By their own name they are void whenever they were issued.
      this.has('token', tokenId) ||
      (grantId !== undefined && this.has('grant', grantId)) ||
      this.before('client', clientId, claims) ||
      this.isOfEarlierScopes(claims) ||
      this.before('worker', subject, claims) ||
      this.before('user', subject, claims) ||
      this.before('organization', orgId, claims) ||
      (sessionId !== undefined && this.has('session', sessionId))
    );
  }

  private raise(id: string, at: number): void {
    const [clientId = '', text = ''] = id.split(':');
    const generation = Number(text);
    if (generation > (this.generations.get(clientId)?.generation ?? 0))
      this.generations.set(clientId, { generation, at });
  }

  /** No clock is asked: a token that was made of the old scopes says so, however late it was made. */
  private isOfEarlierScopes({ clientId, clientGeneration = 1 }: AccessClaims): boolean {
    const now = this.generations.get(clientId);
    return now !== undefined && clientGeneration < now.generation;
  }

  private has(kind: RevocationKind, id: string): boolean {
    return this.at.has(`${kind} ${id}`);
  }

  private before(kind: RevocationKind, id: string, { issuedAt }: AccessClaims): boolean {
    const at = this.at.get(`${kind} ${id}`);
    return at !== undefined && issuedAt.getTime() < at + ROUNDING_MS;
  }
}
