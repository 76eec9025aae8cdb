import { generateKeyPairSync } from 'node:crypto';
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { describe, expect, it } from 'vitest';
import { CardSignatures } from './card-signatures.js';
import { clusterCard, extendedCard } from './cluster-card.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { kid: 'one', privateKey, jku: 'https://coorchat.example/oidc/jwks' };
const card = clusterCard('https://coorchat.example', '1.0.0');
const verify = verifyAgentCardSignature(() => Promise.resolve(publicKey));

describe('signatures of cards', () => {
  it('are made once for the same card and key', async () => {
    const signatures = new CardSignatures();
    const first = await signatures.of(card, key);
    expect(await signatures.of(structuredClone(card), key)).toBe(first);
    const document = { ...(AgentCard.toJSON(card) as object), signatures: first };
    await expect(verify(document as unknown as AgentCard)).resolves.toBeUndefined();
  });

  it('are made anew for another card, another key and another address', async () => {
    const signatures = new CardSignatures();
    const first = await signatures.of(card, key);
    expect(await signatures.of(extendedCard(card, { mayDeliver: true, skills: ['node'] }), key)).not.toBe(first);
    expect(await signatures.of(card, { ...key, kid: 'two' })).not.toBe(first);
    expect(await signatures.of(card, { ...key, jku: 'https://other.example/jwks' })).not.toBe(first);
  });

  it('are forgotten when there are many', async () => {
    const signatures = new CardSignatures();
    const first = await signatures.of(card, key);
    for (let n = 0; n < 101; n++) await signatures.of({ ...card, version: `2.0.${n}` }, key);
    expect(await signatures.of(card, key)).not.toBe(first);
  });
});
