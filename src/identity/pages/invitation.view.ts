import type { OpenInvitation } from '../../tenancy/index.js';
import { type Faults, faultSummary, field } from './form.view.js';
import { type Html, html } from './html.js';
import { csrfField, type PageView } from './layout.view.js';
import { newPassword } from './sign-up.view.js';

export interface InvitationView {
  readonly csrf: string;
  readonly token: string;
  readonly invitation: OpenInvitation;
  readonly faults?: Faults;
  readonly name?: string;
}

function page({ invitation }: InvitationView, below: Html): PageView {
  const { organizationName, role, email } = invitation;
  return {
    title: `Join ${organizationName}`,
    main: html`<section class="card">
      <h1>Join ${organizationName}</h1>
      <p class="lead">You are invited as <strong>${role}</strong>, by a letter to <strong>${email}</strong>.</p>
      ${below}
    </section>`,
  };
}

function hidden({ csrf, token }: InvitationView): Html {
  return html`${csrfField(csrf)}<input type="hidden" name="token" value="${token}" />`;
}

/** Somebody with the right address is signed in. */
export function acceptPage(view: InvitationView): PageView {
  return page(
    view,
    html`<form method="post" action="/auth/invitation">${hidden(view)}<button class="full">Join</button></form>`,
  );
}

/** Nobody is signed in, and the address has no account. */
export function joinPage(view: InvitationView): PageView {
  const { faults = {}, invitation, name } = view;
  return page(
    view,
    html`${faultSummary(faults)}
      <form method="post" action="/auth/invitation">
        ${hidden(view)}<input type="hidden" name="username" value="${invitation.email}" autocomplete="username" />
        ${field({ name: 'name', label: 'Your name', value: name, autocomplete: 'name', isFirst: true, maxlength: 100 }, faults)}
        ${newPassword('Password', faults)}
        <button class="full">Create account and join</button>
      </form>`,
  );
}

/** Nobody is signed in, and the address has an account. */
export function signInToJoinPage(view: InvitationView): PageView {
  const next = encodeURIComponent(`/auth/invitation?token=${view.token}`);
  return page(view, html`<a class="button full" href="/auth/sign-in?continue=${next}">Sign in to join</a>`);
}

/** Somebody else is signed in. */
export function otherAccountPage(view: InvitationView, email: string): PageView {
  return page(
    view,
    html`<div class="notice warn"><p>You are signed in as ${email}, but the invitation is for another address.</p></div>
      <form method="post" action="/auth/sign-out">${csrfField(view.csrf)}<button class="full">Sign out</button></form>`,
  );
}
