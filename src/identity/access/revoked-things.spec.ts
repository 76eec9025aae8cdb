import { describe, expect, it } from 'vitest';
import type { RevocationKind } from '../../platform/revocation/index.js';
import type { AccessClaims } from './access-claims.js';
import { RevokedThings } from './revoked-things.js';

const ISSUED = new Date('2026-11-21T12:00:00Z');

const claims: AccessClaims = {
  subject: 'usr_a',
  orgId: 'org_a',
  clientId: 'cli_a',
  tokenId: 'jti_a',
  scopes: new Set(),
  audience: 'https://coorchat.example',
  issuedAt: ISSUED,
  expiresAt: new Date('2026-11-21T12:10:00Z'),
  signedInAt: undefined,
  amr: undefined,
  sessionId: 'ses_a',
  grantId: 'grt_a',
  clientGeneration: 2,
  keyThumbprint: undefined,
};

function revokedBy(kind: RevocationKind, id: string, secondsLater = 1): boolean {
  const things = new RevokedThings();
  const at = new Date(ISSUED.getTime() + secondsLater * 1_000);
  things.add([{ kind, id, at }], at.getTime());
  return things.isRevoked(claims);
}

describe('what is revoked', () => {
  it.each<[RevocationKind, string]>([
    ['token', 'jti_a'],
    ['grant', 'grt_a'],
    ['session', 'ses_a'],
    ['client', 'cli_a'],
    ['user', 'usr_a'],
    ['organization', 'org_a'],
  ])('voids tokens that stand on it: %s', (kind, id) => {
    expect(revokedBy(kind, id)).toBe(true);
    expect(revokedBy(kind, `${id}_other`)).toBe(false);
  });

  it('leaves what was issued afterwards: a client or a person may come back', () => {
    expect(revokedBy('client', 'cli_a', -60)).toBe(false);
    expect(revokedBy('user', 'usr_a', -60)).toBe(false);
    expect(revokedBy('token', 'jti_a', -60)).toBe(true);
  });

  it('voids what was made of earlier scopes, and nothing else, in whichever order and second it is heard', () => {
    const things = new RevokedThings();
    const at = new Date(ISSUED.getTime() + 500);
    const heard = (id: string) => things.add([{ kind: 'client_scopes', id, at }], at.getTime());
    heard('cli_a:2');
    heard('cli_b:9');
    expect(things.isRevoked(claims)).toBe(false);
    const lateButOld = { ...claims, issuedAt: new Date(at.getTime() + 30_000), clientGeneration: 1 };
    expect(things.isRevoked(lateButOld)).toBe(true);
    heard('cli_a:3');
    heard('cli_a:2');
    expect(things.isRevoked(claims)).toBe(true);
    expect(things.isRevoked({ ...claims, clientGeneration: 3 })).toBe(false);
    expect(things.isRevoked({ ...claims, clientGeneration: undefined })).toBe(true);
    things.add([], at.getTime() + 2 * 60 * 60 * 1_000);
    expect(things.isRevoked(lateButOld)).toBe(false);
  });

  it('is forgotten after every token that it could void', () => {
    const things = new RevokedThings();
    things.add([{ kind: 'token', id: 'jti_a', at: ISSUED }], ISSUED.getTime());
    things.add([], ISSUED.getTime() + 2 * 60 * 60 * 1_000);
    expect(things.isRevoked(claims)).toBe(false);
  });
});
