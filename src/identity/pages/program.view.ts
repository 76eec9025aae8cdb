import { action, notice, time } from './form.view.js';
import { html } from './html.js';
import type { PageView } from './layout.view.js';
import { scopeWords } from './scope-words.js';

/** A program that a person let act for them. */
export interface ProgramLine {
  readonly id: string;
  readonly name: string;
  readonly organization: string;
  readonly scopes: readonly string[];
  readonly since: Date;
  readonly until: Date;
}

export interface ProgramsView {
  readonly csrf: string;
  readonly path: string;
  readonly programs: readonly ProgramLine[];
  readonly note?: string | undefined;
}

export function programsPage({ csrf, path, programs, note }: ProgramsView): PageView {
  const line = ({ id, name, organization, scopes, since, until }: ProgramLine) => {
    const full = `Take back what ${name} may do in ${organization}`;
    return html`<li>
      <div>
        <strong>${name}</strong> <span class="tag">${organization}</span><br />
        <span class="quiet">since ${time(since)}, until ${time(until)}</span>
        <ul class="scopes short">
          ${scopeWords(scopes).map((text) => html`<li>${text}</li>`)}
        </ul>
      </div>
      ${action({ csrf, path, label: 'Take back', full, fields: { id }, look: 'danger' })}
    </li>`;
  };
  return {
    title: 'Programs that act for you',
    isWide: true,
    main: html`<h1>Programs that act for you</h1>
      ${note !== undefined && notice('good', note)}
      <section class="card" aria-label="Programs">
        <p class="quiet">
          What you take back ends within seconds, wherever the program runs. It may ask you again. A program never has
          more than your own role allows.
        </p>
        ${
          programs.length === 0
            ? html`<p>None: you have not let a program act for you, or you took it back.</p>`
            : html`<ul class="rows">
                ${programs.map(line)}
              </ul>`
        }
      </section>
      <p class="below"><a href="/auth/account">Go to your account</a></p>`,
  };
}
