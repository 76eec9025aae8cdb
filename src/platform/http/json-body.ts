import { isUtf8 } from 'node:buffer';
import { findUnstorableText, MAX_JSON_DEPTH, nestsDeeperThan } from '@coorchat/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { httpErrors } from './http.errors.js';

/** NUL and surrogates reach a parsed text by escapes only; without one, nobody has to look. */
const UNSTORABLE_ESCAPE = /\\u(?:0000|d[89a-f])/i;

type ParseDone = (error: Error | null, body?: unknown) => void;

/**
 * Parses `application/json` (and other content types that are JSON): an empty body is no body, deep nesting and
 * `__proto__` or `constructor.prototype` keys, bytes that are no UTF-8 and texts that cannot be stored are refused. Raw
 * plugins with parsers of their own use it too.
 */
export function addJsonBody(scope: FastifyInstance, contentTypes: string[] = ['application/json']): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  const guarded = (request: FastifyRequest, bytes: Buffer, done: ParseDone) => {
    // Decoding would put a replacement character in the place of what it cannot read, and nobody would know.
    if (!isUtf8(bytes)) return done(httpErrors.notUtf8());
    const text = bytes.toString('utf8');
    if (text.trim() === '') return done(null, undefined);
    if (nestsDeeperThan(text, MAX_JSON_DEPTH)) return done(httpErrors.tooDeep(MAX_JSON_DEPTH));
    void parse(request, text, (error, body) => {
      if (error) return done(httpErrors.brokenJson(withoutInput(error.message)));
      const path = UNSTORABLE_ESCAPE.test(text) ? findUnstorableText(body) : undefined;
      return path ? done(httpErrors.unstorableText('body', path)) : done(null, body);
    });
  };
  scope.removeContentTypeParser(contentTypes);
  scope.addContentTypeParser(contentTypes, { parseAs: 'buffer' }, guarded);
}

/** V8 quotes the text around the fault; positions are enough, and the text may hold secrets. */
function withoutInput(message: string): string {
  const position = /position \d+( \(line \d+ column \d+\))?/.exec(message);
  if (position) return `fault at ${position[0]}`;
  return /prototype/.test(message)
    ? 'it has a key that is not allowed (__proto__ or constructor)'
    : 'it is cut off or malformed';
}
