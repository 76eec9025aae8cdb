import { Injectable } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.service.js';
import { hashPassword } from './password-hash.js';

export type ChosenPassword =
  | { readonly kind: 'good'; readonly hash: string }
  /** `message` says what would be better. */
  | { readonly kind: 'weak'; readonly message: string };

const BREACHED =
  'This password is on lists of stolen passwords, so others will try it. Choose one that you use nowhere else.';

/** Judges a password that somebody chose, and hashes it. */
@Injectable()
export class PasswordChoice {
  constructor(private readonly breached: BreachedPasswords) {}

  async judge(password: string, about: readonly string[]): Promise<ChosenPassword> {
    // Its dictionaries are large: they are loaded with the first password that somebody chooses.
    const { passwordFault } = await import('./password.rules.js');
    const message = passwordFault(password, about) ?? ((await this.breached.knows(password)) ? BREACHED : undefined);
    return message === undefined ? { kind: 'good', hash: await hashPassword(password) } : { kind: 'weak', message };
  }
}
