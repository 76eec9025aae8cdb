import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messageOf } from '@coorchat/kernel';
import { configError } from '../config/config.errors.js';

export interface TokenSources {
  readonly tokenFile: string | undefined;
  readonly tokenStdin: boolean;
  readonly environment: string | undefined;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** The first source that was named; a terminal is asked last. Undefined when there is nobody to ask. */
export async function findEnrolmentToken(sources: TokenSources): Promise<string | undefined> {
  const { tokenFile, tokenStdin, environment, input } = sources;
  if (tokenFile !== undefined) {
    return readFile(tokenFile, 'utf8').catch((error: unknown) => {
      throw configError(`The token file cannot be read: ${messageOf(error)}`, error);
    });
  }
  if (tokenStdin) return text(input);
  if (environment !== undefined) return environment;
  return input.isTTY ? ask(sources) : undefined;
}

/** What is typed is not shown. */
async function ask({ input, output }: TokenSources): Promise<string> {
  output.write('Enrolment token (it is not shown): ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output: silent, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      terminal.once('SIGINT', () => reject(configError('No token was given.')));
      terminal.question('', resolve);
    });
  } finally {
    terminal.close();
    output.write('\n');
  }
}
