import { describe, expect, it } from 'vitest';
import { mailOf } from './letter.js';

describe('a letter', () => {
  const mail = mailOf({
    to: 'ada@example.com',
    subject: 'Hello\r\nBcc: eve@example.com',
    paragraphs: ['<script>alert(1)</script>\u001b[2J wrote to you.'],
    action: { label: 'Open', url: 'https://coorchat.example/auth/verify?token=a&b=c' },
    footer: 'Why this came.',
  });

  it('has a text and an HTML part that say the same', () => {
    expect(mail.text).toContain('Open:\nhttps://coorchat.example/auth/verify?token=a&b=c');
    expect(mail.html).toContain('href="https://coorchat.example/auth/verify?token=a&amp;b=c"');
  });

  it('lets no name break out of a header, the page or the terminal', () => {
    expect(mail.subject).toBe('Hello Bcc: eve@example.com');
    expect(mail.html).not.toContain('<script>');
    expect(mail.text).not.toContain('\u001b');
  });
});
