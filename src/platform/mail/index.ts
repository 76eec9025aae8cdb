export { type Letter } from './letter.js';
export { MailModule } from './mail.module.js';
export { Mailer } from './mailer.js';
