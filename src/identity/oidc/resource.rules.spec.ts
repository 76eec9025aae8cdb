import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audienceOf, isOwnAudience } from './resource.rules.js';

const OURS = 'https://coorchat.example';

describe('resource indicators', () => {
  it.each([
    [OURS, OURS],
    [`${OURS}/`, OURS],
    [`${OURS}/mcp`, `${OURS}/mcp`],
    [`${OURS}/mcp/`, `${OURS}/mcp`],
    ['https://COORCHAT.example/a2a', `${OURS}/a2a`],
  ])('%s becomes the audience %s', (resource, audience) => {
    expect(audienceOf(resource, OURS)).toBe(audience);
    expect(isOwnAudience(audience, OURS)).toBe(true);
  });

  it.each([
    'https://coorchat.example.evil.example',
    'https://evil.example/coorchat.example',
    'http://coorchat.example',
    'https://coorchat.example:8443',
    `${OURS}/mcp?x=1`,
    `${OURS}/#x`,
    'coorchat.example',
    '',
  ])('%s is not ours', (resource) => {
    expect(audienceOf(resource, OURS)).toBeUndefined();
    expect(isOwnAudience(resource, OURS)).toBe(false);
  });

  it('stay below the path of a public address that has one', () => {
    expect(audienceOf(`${OURS}/house/mcp`, `${OURS}/house`)).toBe(`${OURS}/house/mcp`);
    expect(audienceOf(`${OURS}/household`, `${OURS}/house`)).toBeUndefined();
  });

  it('never name another origin', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (resource) => {
        const audience = audienceOf(resource, OURS);
        expect(audience === undefined || new URL(audience).origin === OURS).toBe(true);
      }),
    );
  });
});
