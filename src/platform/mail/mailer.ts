import type { Letter } from './letter.js';

/** Posts letters to people. Also the injection token. */
export abstract class Mailer {
  /**
   * Never throws and never waits: tried a few times, then logged. Call it after the commit. Whoever needs certainty lets
   * the person ask for the letter again.
   */
  abstract post(letter: Letter): void;
}
