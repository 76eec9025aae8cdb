import { describe, expect, it } from 'vitest';
import { domainOf, normalDomain } from './sso-domain.rules.js';

describe('domains of addresses', () => {
  it.each([
    ['ada@Acme.Example', 'acme.example'],
    ['ada@bücher.example', 'xn--bcher-kva.example'],
    ['ada@acme.example.', 'acme.example'],
  ])('finds the one of %s', (email, domain) => expect(domainOf(email)).toBe(domain));

  it.each([
    'ada',
    '@acme.example',
    'ada@evil.example@acme.example',
    'ada@localhost',
    'ada@127.0.0.1',
    'ada@a cme.example',
  ])('finds none in %s', (email) => expect(domainOf(email)).toBeUndefined());

  it('keeps subdomains apart', () => expect(normalDomain('mail.acme.example')).toBe('mail.acme.example'));
});
