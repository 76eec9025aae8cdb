import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowedRedirect, judgeRegistration } from './registration.rules.js';

describe('a registration', () => {
  it('becomes a public client, native when it runs on the person’s machine', () => {
    const judged = judgeRegistration({
      redirect_uris: ['http://127.0.0.1:4000/callback'],
      client_name: 'Ed\u202eitor\n',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
    });
    expect(judged).toEqual({
      kind: 'accepted',
      metadata: {
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1:4000/callback'],
        client_name: 'Editor',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
    });
  });

  it('without a name is known by where it leads', () => {
    const judged = judgeRegistration({ redirect_uris: ['https://editor.example/callback'] });
    expect(judged).toMatchObject({ metadata: { client_name: 'editor.example', application_type: 'web' } });
  });

  it('leads to https or to the person’s own machine, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.webUrl({ validSchemes: ['http', 'ftp', 'javascript'] })),
        (uri) => {
          if (!isAllowedRedirect(uri)) return;
          const { protocol, hostname } = new URL(uri);
          expect(protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)).toBe(true);
        },
      ),
    );
  });
});
