import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundleHeader } from './bundle-header.js';
import { GitError } from './git.errors.js';

const oid = fc.stringMatching(/^[0-9a-f]{40}$/);
const longOid = fc.stringMatching(/^[0-9a-f]{64}$/);
const refName = fc.stringMatching(/^refs\/heads\/[a-z][a-z0-9/-]{0,20}$/);

function outcome(bytes: Buffer): unknown {
  try {
    return parseBundleHeader(bytes);
  } catch (error) {
    return error;
  }
}

describe('parseBundleHeader', () => {
  it('reads what git writes, in both formats', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.nat(3),
        fc.gen(),
        (modern, before, count, gen) => {
          const one = () => gen(() => (modern ? longOid : oid));
          const prerequisites = before.map(one);
          const refs = Array.from({ length: count }, () => ({ name: gen(() => refName), oid: one() }));
          const start = modern ? '# v3 git bundle\n@object-format=sha256\n' : '# v2 git bundle\n';
          const lines = [
            ...prerequisites.map((id) => `-${id} subject of it\n`),
            ...refs.map(({ name, oid: id }) => `${id} ${name}\n`),
          ];
          const text = `${start}${lines.join('')}\n`;
          expect(parseBundleHeader(Buffer.concat([Buffer.from(text), Buffer.from('PACK\0\n\n')]))).toEqual({
            version: modern ? 3 : 2,
            objectFormat: modern ? 'sha256' : 'sha1',
            prerequisites,
            refs,
            packOffset: text.length,
          });
        },
      ),
    );
  });

  it('answers anything else with its own error', () => {
    const start = fc.constantFrom('', '# v2 git bundle\n', '# v3 git bundle\n@object-format=sha1\n');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        const result = outcome(Buffer.concat([Buffer.from(text), bytes]));
        if (result instanceof Error) expect(result).toBeInstanceOf(GitError);
        else expect(result).toMatchObject({ refs: expect.any(Array) });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a filter', '# v3 git bundle\n@filter=blob:none\n\n'],
    ['a capability in format 2', '# v2 git bundle\n@object-format=sha256\n\n'],
    ['an unknown version', '# v4 git bundle\n\n'],
    ['a short object name', `# v2 git bundle\n${'a'.repeat(39)} refs/heads/x\n\n`],
    ['a long object name in the short format', `# v2 git bundle\n${'a'.repeat(64)} refs/heads/x\n\n`],
    ['a reference without a name', `# v2 git bundle\n${'a'.repeat(40)} \n\n`],
    ['no end', `# v2 git bundle\n${'a'.repeat(40)} refs/heads/x\n`],
  ])('refuses %s', (_what, text) => {
    expect(outcome(Buffer.from(text))).toEqual(expect.objectContaining({ code: 'git.bundle_malformed' }));
  });
});
