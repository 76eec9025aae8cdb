import type { Account } from '../accounts/account.store.js';
import type { Passkey } from '../accounts/passkey.store.js';
import type { Session } from '../accounts/session.store.js';
import { action, type Faults, faultSummary, field, notice, time } from './form.view.js';
import { type Fragment, html } from './html.js';
import { csrfField, type PageView } from './layout.view.js';
import { newPassword } from './sign-up.view.js';
import { browserName } from './user-agent.rules.js';

export interface OrganizationLine {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

export interface AccountView {
  readonly csrf: string;
  readonly account: Account;
  readonly session: Session;
  readonly sessions: readonly Session[];
  readonly passkeys: readonly Passkey[];
  readonly organizations: readonly OrganizationLine[];
  readonly recoveryCodesLeft: number;
  readonly canAddPasskey: boolean;
  /** Where programs that act for the person are listed; undefined where there are none. */
  readonly programsPath?: string | undefined;
  readonly note?: string | undefined;
  readonly faults?: Faults;
}

function organizations({ csrf, organizations: list, session }: AccountView): Fragment {
  const line = ({ id, name, role }: OrganizationLine) => {
    const isCurrent = id === session.orgId;
    const choose = {
      csrf,
      path: '/auth/account/organization',
      label: 'Switch',
      full: `Switch to ${name}`,
      fields: { id },
    };
    return html`<li>
      <div>
        <strong>${name}</strong>${isCurrent && html` <span class="tag good">current</span>`}<br /><span class="quiet"
          >${role}</span
        >
      </div>
      ${!isCurrent && action(choose)}
    </li>`;
  };
  return html`<section class="card" aria-labelledby="organizations">
    <h2 id="organizations">Organizations</h2>
    ${
      list.length === 0
        ? html`<p class="quiet">You belong to none. Ask for an invitation.</p>`
        : html`<ul class="rows">
            ${list.map(line)}
          </ul>`
    }
  </section>`;
}

function password({ csrf, account, faults = {} }: AccountView): Fragment {
  const current = {
    name: 'current',
    label: 'Current password',
    type: 'password',
    autocomplete: 'current-password',
  } as const;
  return html`<section class="card" aria-labelledby="password-heading">
    <h2 id="password-heading">Password</h2>
    <p class="quiet">Other browsers are signed out when you change it.</p>
    ${faultSummary(faults)}
    <form method="post" action="/auth/account/password#faults">
      ${csrfField(csrf)}
      <input type="hidden" name="username" value="${account.email}" autocomplete="username" />
      <div class="narrow">${account.hasPassword && field(current, faults)} ${newPassword('New password', faults)}</div>
      <button class="second">${account.hasPassword ? 'Change password' : 'Set password'}</button>
    </form>
  </section>`;
}

function passkeys({ csrf, passkeys: list, canAddPasskey }: AccountView): Fragment {
  const line = ({ id, name, synced, createdAt, lastUsedAt }: Passkey) =>
    html`<li>
      <div>
        <strong>${name}</strong>${synced && html` <span class="tag">synced</span>`}<br />
        <span class="quiet">added ${time(createdAt)}${lastUsedAt && html`, last used ${time(lastUsedAt)}`}</span>
      </div>
      ${action({ csrf, path: '/auth/account/passkeys/remove', label: 'Remove', full: `Remove ${name}`, fields: { id }, look: 'danger' })}
    </li>`;
  const add = html`<a class="button second" href="/auth/account/passkeys/new">Add a passkey</a>`;
  return html`<section class="card" aria-labelledby="passkeys">
    <h2 id="passkeys">Passkeys</h2>
    <p class="quiet">
      Sign in with your finger, face, PIN or a security key. A passkey cannot be given away by mistake.
    </p>
    ${
      list.length > 0 &&
      html`<ul class="rows">
        ${list.map(line)}
      </ul>`
    }
    ${canAddPasskey ? add : html`<p class="quiet">Browsers allow passkeys on addresses with a host name only, such as localhost.</p>`}
  </section>`;
}

function secondStep({ csrf, account, recoveryCodesLeft }: AccountView): Fragment {
  if (!account.hasTotp) {
    return html`<section class="card" aria-labelledby="second-step">
      <h2 id="second-step">Second step</h2>
      <p class="quiet">An authenticator app shows a code that is asked for after your password.</p>
      <a class="button second" href="/auth/account/totp">Set up an authenticator app</a>
    </section>`;
  }
  return html`<section class="card" aria-labelledby="second-step">
    <h2 id="second-step">Second step <span class="tag good">on</span></h2>
    <p class="quiet">
      Your authenticator app is asked after your password. ${recoveryCodesLeft} recovery codes are left.
    </p>
    <div class="actions start">
      ${action({ csrf, path: '/auth/account/recovery-codes', label: 'Make new recovery codes' })}
      ${action({ csrf, path: '/auth/account/totp/remove', label: 'Remove the app', look: 'danger' })}
    </div>
  </section>`;
}

function sessions({ csrf, sessions: list, session: current }: AccountView): Fragment {
  const line = ({ id, userAgent, address, lastSeenAt }: Session) => {
    const name = browserName(userAgent);
    const end = {
      csrf,
      path: '/auth/account/sessions/revoke',
      label: 'Sign out',
      full: `Sign out ${name}`,
      fields: { id },
    };
    return html`<li>
      <div>
        <strong>${name}</strong>${id === current.id && html` <span class="tag good">this one</span>`}<br />
        <span class="quiet">${address ?? 'unknown address'}, last seen ${time(lastSeenAt)}</span>
      </div>
      ${id !== current.id && action(end)}
    </li>`;
  };
  return html`<section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Where you are signed in</h2>
    <ul class="rows">
      ${list.map(line)}
    </ul>
    ${action({ csrf, path: '/auth/account/sessions/revoke-all', label: 'Sign out everywhere', look: 'danger' })}
  </section>`;
}

function programs({ programsPath }: AccountView): Fragment {
  if (programsPath === undefined) return undefined;
  return html`<section class="card" aria-labelledby="programs">
    <h2 id="programs">Programs that act for you</h2>
    <p class="quiet">Command lines, dashboards and agents that you allowed something, and how to take it back.</p>
    <a class="button second" href="${programsPath}">See the programs</a>
  </section>`;
}

export function accountPage(view: AccountView): PageView {
  const { account, note } = view;
  return {
    title: 'Your account',
    isWide: true,
    main: html`<h1>Your account</h1>
      ${note !== undefined && notice('good', note)}
      <section class="card" aria-labelledby="profile">
        <h2 id="profile">${account.name}</h2>
        <p class="quiet">${account.email}</p>
      </section>
      ${organizations(view)} ${passkeys(view)} ${secondStep(view)} ${password(view)} ${programs(view)} ${sessions(view)}`,
  };
}
