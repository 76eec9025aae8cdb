import { describe, expect, it } from 'vitest';
import { unreachable } from './unreachable.js';

function failure(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('a control plane that cannot be reached', () => {
  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('for %s: the certificate is the matter, and how to name an authority', (code) => {
    const text = unreachable('https://coorchat.example', failure('a certificate', code));
    expect(text).toContain(code);
    expect(text).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('for everything else: the address and the network', () => {
    expect(
      unreachable('https://coorchat.example', failure('connect ECONNREFUSED 127.0.0.1:7070', 'ECONNREFUSED')),
    ).toBe(
      'The control plane at https://coorchat.example cannot be reached: connect ECONNREFUSED 127.0.0.1:7070. Check --url and the network.',
    );
  });
});
