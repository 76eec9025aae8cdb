import { describe, expect, it } from 'vitest';
import { isSecretColumn, pageQuery } from './export.rules.js';

describe('an export', () => {
  it.each(['hash', 'token_hash', 'sealed_secret', 'client_secret', 'refresh_token', 'password_hash', 'private_jwk'])(
    'leaves the column %s out',
    (name) => expect(isSecretColumn(name)).toBe(true),
  );

  it.each(['id', 'name', 'input_tokens', 'cache_read_tokens', 'cost_micros', 'public_key', 'signed_in_at'])(
    'has the column %s',
    (name) => expect(isSecretColumn(name)).toBe(false),
  );

  it('asks for the next page by the whole key, in its order', () => {
    const columns = [
      { name: 'at', type: 'timestamp with time zone', keyPlace: 2 },
      { name: 'org_id', type: 'text', keyPlace: 1 },
      { name: 'hash', type: 'text', keyPlace: null },
    ];
    const { text } = pageQuery({ name: 't', columns }, { after: true, limit: 10 });
    expect(text).toContain('("org_id", "at") > ($1::text::text, $2::text::timestamp with time zone)');
    expect(text).toContain('SELECT t."at", t."org_id"');
    expect(text).not.toContain('t."hash"');
  });
});
