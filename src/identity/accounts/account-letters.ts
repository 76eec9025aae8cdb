import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../platform/http/index.js';
import { Mailer } from '../../platform/mail/index.js';

interface Recipient {
  readonly email: string;
  readonly name: string;
}

const NOT_YOU = 'If this was not you, you can ignore this letter: nothing happens without you.';

/** What we write to people about their account. */
@Injectable()
export class AccountLetters {
  constructor(
    private readonly mailer: Mailer,
    private readonly publicUrl: PublicUrl,
  ) {}

  confirmAddress({ email, name }: Recipient, token: string): void {
    this.mailer.post({
      to: email,
      subject: 'Confirm your address for CoorChat',
      paragraphs: [
        `Hello ${name},`,
        'to finish your sign-up, confirm that this address is yours. The link works for 24 hours.',
      ],
      action: { label: 'Confirm address', url: this.link('/auth/verify', token) },
      footer: `Somebody signed up for CoorChat with this address. ${NOT_YOU}`,
    });
  }

  alreadyHere({ email, name }: Recipient): void {
    this.mailer.post({
      to: email,
      subject: 'You have a CoorChat account already',
      paragraphs: [
        `Hello ${name},`,
        'somebody tried to sign up with this address, but it has an account. Sign in instead.',
      ],
      action: { label: 'Sign in', url: `${this.publicUrl.value}/auth/sign-in` },
      footer: `You can set a new password on the sign-in page. ${NOT_YOU}`,
    });
  }

  resetPassword({ email, name }: Recipient, token: string): void {
    this.mailer.post({
      to: email,
      subject: 'Set a new password for CoorChat',
      paragraphs: [`Hello ${name},`, 'choose a new password. The link works for 30 minutes and once.'],
      action: { label: 'Set a new password', url: this.link('/auth/reset', token) },
      footer: `Somebody asked for a new password for this address. ${NOT_YOU}`,
    });
  }

  /** Something that its owner would want to hear of when somebody else did it. */
  securityNotice({ email, name }: Recipient, what: string): void {
    this.mailer.post({
      to: email,
      subject: `CoorChat: ${what}`,
      paragraphs: [`Hello ${name},`, `this happened on your account: ${what}.`],
      action: { label: 'Look at your account', url: `${this.publicUrl.value}/auth/account` },
      footer: 'If this was not you, set a new password at once and sign out everywhere.',
    });
  }

  private link(path: string, token: string): string {
    return `${this.publicUrl.value}${path}?token=${token}`;
  }
}
