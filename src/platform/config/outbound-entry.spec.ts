import { describe, expect, it } from 'vitest';
import { isAddressOrNetwork, outboundEntryText, parseOutboundEntry } from './outbound-entry.js';

describe('an entry of the outbound list', () => {
  it.each([
    ['10.0.0.0/8', { kind: 'network', address: '10.0.0.0', prefix: 8 }],
    ['10.0.0.7', { kind: 'network', address: '10.0.0.7', prefix: 32 }],
    ['10.0.0.7:8443', { kind: 'network', address: '10.0.0.7', prefix: 32, port: 8443 }],
    ['10.0.0.0/8:443', { kind: 'network', address: '10.0.0.0', prefix: 8, port: 443 }],
    ['fd00::/8', { kind: 'network', address: 'fd00::', prefix: 8 }],
    ['::1', { kind: 'network', address: '::1', prefix: 128 }],
    ['[::1]:8443', { kind: 'network', address: '::1', prefix: 128, port: 8443 }],
    ['Git.Internal:443', { kind: 'host', pattern: 'git.internal', port: 443 }],
    ['*.corp.example', { kind: 'host', pattern: '*.corp.example' }],
    ['localhost', { kind: 'host', pattern: 'localhost' }],
  ])('is read from %s', (text, entry) => {
    expect(parseOutboundEntry(text)).toEqual(entry);
  });

  it.each([
    ['nothing', ''],
    ['a URL', 'https://git.internal'],
    ['too long a prefix', '10.0.0.0/33'],
    ['too long a prefix of IPv6', 'fd00::/129'],
    ['half an address', '10.0.0'],
    ['an address that is none', '10.0.0.256'],
    ['port 0', 'git.internal:0'],
    ['too high a port', 'git.internal:65536'],
    ['a star alone', '*'],
    ['a star inside', 'git.*.example'],
    ['a name with a prefix', 'git.internal/8'],
    ['white space', 'git internal'],
  ])('is not %s', (_what, text) => {
    expect(parseOutboundEntry(text)).toBeUndefined();
  });

  it.each(['10.0.0.0/8', 'fd00::/8', '[fd00::]/8:443', '*.corp.example:443'])('is shown as %s', (text) => {
    const entry = parseOutboundEntry(text);
    expect(entry && outboundEntryText(entry)).toBe(text);
  });
});

it('tells addresses and networks from other entries', () => {
  expect(['10.0.0.1', '10.0.0.0/8', 'fd00::/8'].map(isAddressOrNetwork)).toEqual([true, true, true]);
  expect(['proxy.internal', '10.0.0.1:80', '[::1]', '2'].map(isAddressOrNetwork)).toEqual([false, false, false, false]);
});
