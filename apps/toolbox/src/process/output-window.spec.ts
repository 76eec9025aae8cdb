import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputWindow } from './output-window.js';

function windowOf(maxBytes: number, chunks: readonly string[]): OutputWindow {
  const window = new OutputWindow(maxBytes);
  for (const chunk of chunks) window.add(Buffer.from(chunk));
  return window;
}

describe('a window on output', () => {
  it('keeps what fits', () => {
    const window = windowOf(10, ['01234', '56789']);
    expect(window.truncated).toBe(false);
    expect(window.text()).toBe('0123456789');
  });

  it('keeps head and tail of what does not, and counts the rest', () => {
    expect(windowOf(4, ['abcdefgh']).text()).toBe('ab\n… 4 bytes left out …\ngh');
  });

  it('depends on the bytes alone and not on how they came', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]*$/)), fc.integer({ min: 2, max: 40 }), (chunks, maxBytes) => {
        expect(windowOf(maxBytes, chunks).text()).toBe(windowOf(maxBytes, [chunks.join('')]).text());
      }),
    );
  });

  it('shows no terminal escapes', () => {
    expect(windowOf(100, ['\u001b[31mred\u001b[0m']).text()).toBe('red');
  });
});
