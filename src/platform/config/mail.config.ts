import { z } from 'zod';
import { urlOf, variable } from './variable.schema.js';

const DEFAULT_FROM = 'CoorChat <coorchat@localhost>';

export const mailVariables = {
  COORCHAT_SMTP_URL: urlOf(['smtp', 'smtps'], 'smtps://user:password@mail.example:465', { secret: true }).optional(),
  COORCHAT_MAIL_FROM: variable(
    z
      .string()
      .regex(/^([^<>\r\n]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, 'has no mail address')
      .default(DEFAULT_FROM),
    { form: `a sender such as ${DEFAULT_FROM}` },
  ),
  COORCHAT_BREACHED_PASSWORDS_URL: urlOf(['http', 'https'], 'https://api.pwnedpasswords.com/range/').optional(),
};

export interface MailConfig {
  readonly from: string;
  /** Absent: mails become files. */
  readonly smtpUrl?: string | undefined;
  /** Folder for mails that are not sent. */
  readonly folder: string;
  /** Takes five characters of a SHA-1 at its end; absent: nothing is asked. */
  readonly breachedPasswordsUrl?: string | undefined;
}
