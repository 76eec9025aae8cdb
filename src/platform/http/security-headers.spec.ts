import { describe, expect, it } from 'vitest';
import { securityHeaders } from './security-headers.js';

describe('security headers', () => {
  it('ask for TLS for ever where the public URL has it, and nowhere else', () => {
    expect(securityHeaders('https://coorchat.example')['strict-transport-security']).toMatch(/^max-age=\d{8,}/);
    expect(securityHeaders('http://127.0.0.1:7070')).not.toHaveProperty('strict-transport-security');
    expect(securityHeaders(undefined)).not.toHaveProperty('strict-transport-security');
  });
});
