import { z } from 'zod';
import type { Faults } from './form.view.js';

/** Names are one line of printable text. */
const oneLine = (missing: string) =>
  z
    .string()
    .transform((text) => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim())
    .pipe(z.string().min(1, missing).max(100, 'Use at most 100 characters.'));

const email = z
  .string()
  .trim()
  .max(254, 'This address is too long.')
  .pipe(z.email('Enter an address such as ada@example.com.'));

const password = z.string().min(1, 'Choose a password.').max(1_000, 'This password is too long.');

export const signUpSchema = z.object({
  name: oneLine('Enter your name.'),
  email,
  organization: oneLine('Name your organization.'),
  password,
});

export const emailSchema = z.object({ email });

export const invitedSchema = z.object({ name: oneLine('Enter your name.'), password });

/** The first fault of each field. */
export function faultsOf(error: z.ZodError): Faults {
  return Object.fromEntries(error.issues.map(({ path, message }) => [String(path[0]), message]).reverse());
}
