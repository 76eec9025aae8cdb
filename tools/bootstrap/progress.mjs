const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const LINE_MS = 10_000;

/**
 * Shows that a step goes on: a spinner in a terminal, a line each ten seconds elsewhere. On stderr, so that a
 * command's own output stays clean. A step that ends within `quietMs` is not mentioned.
 *
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} step
 * @param {{ quietMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withProgress(label, step, { quietMs = 0 } = {}) {
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const inTerminal = Boolean(process.stderr.isTTY);
  let frame = 0;
  let shown = false;
  let nextLineAt = startedAt + quietMs;

  const draw = () => {
    const now = Date.now();
    if (now < nextLineAt) return;
    if (inTerminal) process.stderr.write(`\r\u001b[2K${FRAMES[frame++ % FRAMES.length]} ${label} … ${elapsed()}`);
    else process.stderr.write(shown ? `  ${label} … ${elapsed()}\n` : `${label} …\n`);
    nextLineAt = now + (inTerminal ? 0 : LINE_MS);
    shown = true;
  };

  draw();
  const timer = setInterval(draw, FRAME_MS);
  try {
    const result = await step();
    finish('done in');
    return result;
  } catch (error) {
    shown = true;
    finish('failed after');
    throw error;
  } finally {
    clearInterval(timer);
  }

  function finish(word) {
    if (!shown) return;
    const sign = word === 'done in' ? '✓' : '✗';
    process.stderr.write(`${inTerminal ? '\r\u001b[2K' : ''}${sign} ${label}: ${word} ${elapsed()}\n`);
  }
}
