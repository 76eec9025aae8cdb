import { Writable } from 'node:stream';

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'warn ', 50: 'ERROR', 60: 'FATAL' };
const HIDDEN = new Set(['level', 'time', 'pid', 'msg']);

function escapeControls(text: string): string {
  // Text of others may carry terminal escapes.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
}

export function formatLine(json: string): string {
  const line = JSON.parse(json) as { level: number; time: number; msg?: string } & Record<string, unknown>;
  const rest = Object.entries(line)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = new Date(line.time).toISOString().slice(11, 23);
  return escapeControls([time, LEVELS[line.level] ?? String(line.level), line.msg ?? '', ...rest].join(' ')) + '\n';
}

/** Readable lines for a person at a terminal. */
export function terminalDestination(output: NodeJS.WritableStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      output.write(formatLine(chunk.toString()));
      done();
    },
  });
}
