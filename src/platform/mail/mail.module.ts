import { Global, Module } from '@nestjs/common';
import { BackgroundMailer } from './background-mailer.js';
import { Mailer } from './mailer.js';

@Global()
@Module({ providers: [{ provide: Mailer, useClass: BackgroundMailer }], exports: [Mailer] })
export class MailModule {}
