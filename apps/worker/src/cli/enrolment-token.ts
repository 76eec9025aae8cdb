import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf } from '@coorchat/kernel';
import { configError } from '../config/config.errors.js';

export interface TokenSources {
  readonly tokenFile: string | undefined;
  readonly tokenStdin: boolean;
  readonly environment: string | undefined;
  readonly input: NodeJS.ReadStream;
}

/** The first source that was named; undefined when none was. */
export async function findEnrolmentToken(sources: TokenSources): Promise<string | undefined> {
  const { tokenFile, tokenStdin, environment, input } = sources;
  if (tokenFile !== undefined) {
    return readFile(tokenFile, 'utf8').catch((error: unknown) => {
      throw configError(`The token file cannot be read: ${messageOf(error)}`, error);
    });
  }
  return tokenStdin ? text(input) : environment;
}
