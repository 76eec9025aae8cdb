import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english, translations } from '@zxcvbn-ts/language-en';

export const PASSWORD_MIN_LENGTH = 10;
export const PASSWORD_MAX_LENGTH = 200;

/** Of 0 to 4: "safely unguessable, moderate protection from offline attacks". */
const MIN_SCORE = 3;
/** Estimating is quadratic; what follows only makes it stronger. */
const JUDGED_LENGTH = 100;

let estimator: ZxcvbnFactory | undefined;

function estimate(password: string, about: readonly string[]) {
  estimator ??= new ZxcvbnFactory({
    dictionary: { ...common, ...english },
    graphs: adjacencyGraphs,
    translations,
    maxLength: JUDGED_LENGTH,
  });
  return estimator.check(password.slice(0, JUDGED_LENGTH), [...about]);
}

function wordsOf(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]))].filter(
    ({ length }) => length > 2,
  );
}

const ADVICE = 'Three or four unrelated words make a good one.';

/** What is wrong with a password, in words that help; undefined when it is good. `about` is what others know of the person. */
export function passwordFault(password: string, about: readonly string[]): string | undefined {
  const length = [...password].length;
  if (length < PASSWORD_MIN_LENGTH) return `Use at least ${PASSWORD_MIN_LENGTH} characters. ${ADVICE}`;
  if (length > PASSWORD_MAX_LENGTH) return `Use at most ${PASSWORD_MAX_LENGTH} characters.`;
  const { score, feedback } = estimate(password, [...wordsOf(about), 'coorchat']);
  if (score >= MIN_SCORE) return undefined;
  const reason = feedback.warning ?? 'This password is easy to guess.';
  return `${reason.replace(/\.?$/, '.')} ${ADVICE}`;
}
