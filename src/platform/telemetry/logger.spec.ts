import { describe, expect, it } from 'vitest';
import { createLogger, redactText } from './logger.js';
import { formatLine } from './terminal-format.js';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }));
  return lines.join('');
}

describe('the logger', () => {
  it('writes JSON with message, fields and the whole chain of an error', () => {
    const cause = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' });
    const text = logged((logger) =>
      logger.child({ room: 'db' }).warn('went wrong', { error: new Error('outer', { cause }) }),
    );
    expect(JSON.parse(text)).toMatchObject({
      level: 40,
      msg: 'went wrong',
      room: 'db',
      error: { message: 'outer', cause: { message: 'inner', code: 'ECONNREFUSED' } },
    });
  });

  it('keeps secrets out: by the name of the field, and inside texts', () => {
    const text = logged((logger) =>
      logger.error('with cck_abcdefghijklmnop and sk-ant-abcdefghijk', {
        password: 'hunter2',
        request: { authorization: 'Bearer hunter2' },
        error: new Error('cannot reach postgres://user:hunter2@host/db'),
      }),
    );
    expect(text).not.toMatch(/hunter2|abcdefghijk/);
    expect(text).toContain('[redacted]');
  });

  it('leaves texts without secrets as they are', () => {
    expect(redactText('https://example.com:7070/a@b')).toBe('https://example.com:7070/a@b');
  });

  it('shows a terminal no escapes of others', () => {
    const line = formatLine(JSON.stringify({ level: 30, time: 0, pid: 1, msg: 'hello \u001b[31mred', name: 'x' }));
    expect(line).toBe('00:00:00.000 info  hello ?[31mred name=x\n');
  });
});
